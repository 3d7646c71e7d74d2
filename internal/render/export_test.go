package render

import "edgegen/internal/site"

// The quoting functions, for the tests of what they promise.

func QuoteVCL(s string) (string, error)           { return quoteVCL(s) }
func QuoteVCLExpression(s string) (string, error) { return quoteVCLExpression(s) }
func QuoteVCLName(s string) (string, error)       { return quoteVCLName(s) }
func QuoteNginx(s string) (string, error)         { return quoteNginx(s) }
func QuoteNginxRegexp(s string) (string, error)   { return quoteNginxRegexp(s) }
func QuoteNginxWord(s string) (string, error)     { return quoteNginxWord(s) }
func QuoteNginxTry(t site.Try) (string, error)    { return quoteNginxTry(t) }
func QuoteStunnel(s string) (string, error)       { return quoteStunnel(s) }
func QuoteArgument(s string) (string, error)      { return quoteArgument(s) }
func Plain(s string) string                       { return plain(s) }

// ArgumentWords are the words of a varnishd.args.
func ArgumentWords(text []byte) ([]string, error) {
	arguments, err := readArguments(text)
	return arguments.Words(), err
}
