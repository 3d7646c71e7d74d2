package native

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// The status codes of varnish's command line that edgegen acts on.
const (
	cliAuthenticate = 107 // prove that you know the secret
	cliOK           = 200
	cliTruncated    = 201 // done, but the body was cut at the parameter cli_limit
)

const (
	cliHeaderSize = 13
	// cliMaxBody bounds a reply's body. varnishd itself cuts a reply at its
	// parameter cli_limit, 64 KiB by default.
	cliMaxBody = 8 << 20
)

// Reply is varnishd's answer to a command.
type Reply struct {
	Status int // 200 where the command was done
	Body   string
}

// VarnishError is a command that varnishd refused or could not carry out.
type VarnishError struct {
	Command string // the command's name, without its arguments
	Status  int
	Message string // what varnishd wrote; for vcl.load LocateVCC reads it
}

func (e *VarnishError) Error() string {
	return fmt.Sprintf("varnish %s: %s (status %d)", e.Command, strings.TrimSpace(e.Message), e.Status)
}

// readReply reads one reply: a line of exactly 13 bytes that holds the status
// and the body's length, the body, and a newline.
func readReply(r io.Reader) (Reply, error) {
	var header [cliHeaderSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return Reply{}, err
	}
	status, length, err := parseReplyHeader(header[:])
	if err != nil {
		return Reply{}, err
	}
	body := make([]byte, length+1)
	if _, err := io.ReadFull(r, body); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return Reply{}, err
	}
	if body[length] != '\n' {
		return Reply{}, errors.New("varnish reply: no newline after the body")
	}
	return Reply{Status: status, Body: string(body[:length])}, nil
}

// parseReplyHeader reads "200 12      \n".
func parseReplyHeader(header []byte) (status, length int, err error) {
	malformed := fmt.Errorf("varnish reply: malformed header %q", header)
	if len(header) != cliHeaderSize || header[3] != ' ' || header[12] != '\n' {
		return 0, 0, malformed
	}
	code, digits := string(header[:3]), strings.TrimRight(string(header[4:12]), " ")
	for _, number := range []string{code, digits} {
		if number == "" || strings.Trim(number, "0123456789") != "" {
			return 0, 0, malformed
		}
	}
	status, _ = strconv.Atoi(code)
	length, _ = strconv.Atoi(digits)
	if length > cliMaxBody {
		return 0, 0, fmt.Errorf("varnish reply: a body of %d bytes, more than %d", length, cliMaxBody)
	}
	return status, length, nil
}

// commandLine returns the words as one line of varnish's command line, each
// quoted where it needs to be. A NUL byte would end the word inside varnishd,
// and "<<" before the last word starts a here-document whatever quotes stand
// around it: both are refused.
func commandLine(words []string) (string, error) {
	if len(words) == 0 || words[0] == "" {
		return "", errors.New("varnish command: no name")
	}
	var line strings.Builder
	for i, word := range words {
		if strings.ContainsRune(word, 0) {
			return "", fmt.Errorf("varnish command %s: a NUL byte in argument %d", words[0], i)
		}
		if word == "<<" {
			return "", fmt.Errorf("varnish command %s: argument %d starts a here-document", words[0], i)
		}
		if i > 0 {
			line.WriteByte(' ')
		}
		quoteWord(&line, word)
	}
	line.WriteByte('\n')
	return line.String(), nil
}

const plainWordBytes = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/:=+@%,~&"

func quoteWord(line *strings.Builder, word string) {
	if word != "" && strings.Trim(word, plainWordBytes) == "" {
		line.WriteString(word)
		return
	}
	line.WriteByte('"')
	for _, b := range []byte(word) {
		switch {
		case b == '"' || b == '\\':
			line.WriteByte('\\')
			line.WriteByte(b)
		case b < ' ' || b > '~':
			fmt.Fprintf(line, `\%03o`, b)
		default:
			line.WriteByte(b)
		}
	}
	line.WriteByte('"')
}
