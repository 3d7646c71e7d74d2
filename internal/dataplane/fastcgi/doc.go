// Package fastcgi asks an app by FastCGI: which script a request is for, what the
// app is told about it, and its answer as HTTP/1.1. The bytes are those of the
// FastCGI specification 1.0, the words those of CGI/1.1 (RFC 3875).
//
// Where a site owner might wonder:
//   - A script is a regular file below root whose name ends as that of the index
//     does, and lies there whatever links lead to it. The first segment of a path
//     that ends so is the script, and what follows is PATH_INFO; where that is no
//     script, nothing is asked. So /upload.jpg/x.php is nobody's.
//   - A path that names no script is for the index of its directory, or else for
//     that of root, which then finds the path in REQUEST_URI.
//   - A header with "_" in its name is left out: to an app it would be the one with
//     "-". So is Proxy, which many apps' libraries would take for their own proxy.
//   - Each request has a connection of its own, which the app ends. What it sends
//     behind its answer is not read.
//   - PHP reads no body whose length it is not told. So such a body is taken in
//     before the app hears of it, on routes with stream too.
package fastcgi
