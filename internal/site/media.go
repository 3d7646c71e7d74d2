package site

// MediaType names the Content-Type of files by their extensions.
type MediaType struct {
	Type       string
	Extensions []string // without the dot
}

// DefaultMediaType is that of a file of which nothing is known.
const DefaultMediaType = "application/octet-stream"

// MediaTypes is the table that every engine serves files by, in a fixed order.
// A file of another extension is of DefaultMediaType. Text is UTF-8.
func MediaTypes() []MediaType {
	return []MediaType{
		{"text/html; charset=utf-8", []string{"html", "htm", "shtml"}},
		{"text/css; charset=utf-8", []string{"css"}},
		{"text/javascript; charset=utf-8", []string{"js", "mjs"}},
		{"text/plain; charset=utf-8", []string{"txt", "text", "log"}},
		{"text/csv; charset=utf-8", []string{"csv"}},
		{"text/markdown; charset=utf-8", []string{"md"}},
		{"text/calendar; charset=utf-8", []string{"ics"}},
		{"text/vtt; charset=utf-8", []string{"vtt"}},
		{"text/xml; charset=utf-8", []string{"xml"}},
		{"application/json", []string{"json", "map"}},
		{"application/ld+json", []string{"jsonld"}},
		{"application/manifest+json", []string{"webmanifest"}},
		{"application/atom+xml", []string{"atom"}},
		{"application/rss+xml", []string{"rss"}},
		{"application/xhtml+xml", []string{"xhtml"}},
		{"application/wasm", []string{"wasm"}},
		{"application/pdf", []string{"pdf"}},
		{"application/rtf", []string{"rtf"}},
		{"application/zip", []string{"zip"}},
		{"application/gzip", []string{"gz", "tgz"}},
		{"application/zstd", []string{"zst"}},
		{"application/x-bzip2", []string{"bz2"}},
		{"application/x-xz", []string{"xz"}},
		{"application/x-7z-compressed", []string{"7z"}},
		{"application/x-tar", []string{"tar"}},
		{"application/java-archive", []string{"jar", "war"}},
		{"application/epub+zip", []string{"epub"}},
		{"application/msword", []string{"doc"}},
		{"application/vnd.ms-excel", []string{"xls"}},
		{"application/vnd.ms-powerpoint", []string{"ppt"}},
		{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", []string{"docx"}},
		{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", []string{"xlsx"}},
		{"application/vnd.openxmlformats-officedocument.presentationml.presentation", []string{"pptx"}},
		{"image/avif", []string{"avif"}},
		{"image/bmp", []string{"bmp"}},
		{"image/gif", []string{"gif"}},
		{"image/jpeg", []string{"jpg", "jpeg"}},
		{"image/png", []string{"png"}},
		{"image/svg+xml", []string{"svg"}},
		{"image/tiff", []string{"tif", "tiff"}},
		{"image/vnd.microsoft.icon", []string{"ico"}},
		{"image/webp", []string{"webp"}},
		{"font/otf", []string{"otf"}},
		{"font/ttf", []string{"ttf"}},
		{"font/woff", []string{"woff"}},
		{"font/woff2", []string{"woff2"}},
		{"audio/aac", []string{"aac"}},
		{"audio/flac", []string{"flac"}},
		{"audio/midi", []string{"mid", "midi"}},
		{"audio/mp4", []string{"m4a"}},
		{"audio/mpeg", []string{"mp3"}},
		{"audio/ogg", []string{"oga", "ogg", "opus"}},
		{"audio/wav", []string{"wav"}},
		{"video/mp2t", []string{"ts"}},
		{"video/mp4", []string{"mp4", "m4v"}},
		{"video/mpeg", []string{"mpeg", "mpg"}},
		{"video/ogg", []string{"ogv"}},
		{"video/quicktime", []string{"mov"}},
		{"video/webm", []string{"webm"}},
		{"application/vnd.apple.mpegurl", []string{"m3u8"}},
	}
}
