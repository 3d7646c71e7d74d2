// Package importer makes a site file of what somebody has already: nginx.conf, VCL,
// stunnel.conf, and the command that starts varnishd.
//
// Each kind of file has a parser of its own, which makes a Line of each statement.
// What a file means is written into one tree of HCL blocks (block), which remembers
// the lines that each argument comes from. In the end the tree is written out and
// loaded as a site. What the language refuses is put into a comment, and its lines
// count as refused, with the language's own reason. So the result is a good site
// whatever the old files say, and every line of them has a verdict.
package importer
