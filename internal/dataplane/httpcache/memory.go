package httpcache

import (
	"io"

	"edgegen/internal/dataplane/wire"
)

// Memory is a body in memory.
type Memory struct {
	chunks [][]byte
	size   int64
}

// NewMemory returns a body of data, which is not copied.
func NewMemory(data []byte) Memory { return Memory{[][]byte{data}, int64(len(data))} }

// Len returns the body's bytes.
func (m Memory) Len() int64 { return m.size }

// Open never fails.
func (m Memory) Open(offset, length int64) (io.ReadCloser, error) {
	if len(m.chunks) == 1 {
		return wire.NewBytes(m.chunks[0][offset : offset+length]), nil
	}
	readers := make([]io.Reader, 0, len(m.chunks))
	for _, chunk := range m.chunks {
		n := int64(len(chunk))
		if offset >= n || length == 0 {
			offset -= min(offset, n)
			continue
		}
		part := chunk[offset:min(n, offset+length)]
		length -= int64(len(part))
		offset = 0
		readers = append(readers, wire.NewBytes(part))
	}
	return io.NopCloser(io.MultiReader(readers...)), nil
}
