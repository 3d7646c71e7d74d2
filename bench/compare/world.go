package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// host is the site that everybody serves.
const host = "bench.test"

// world is what all peers share.
type world struct {
	dir    string
	public string
	chain  string
	key    string
	pem    string // both
	body   string // a file of 10 KiB, to be sent
	app    net.Listener
	conns  sync.WaitGroup
}

func newWorld() (w *world, err error) {
	w = &world{}
	if w.dir, err = os.MkdirTemp("", "bench"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if err := os.Chmod(w.dir, 0o755); err != nil { // daemons of another user look in
		return nil, err
	}
	w.public = filepath.Join(w.dir, "public")
	w.chain, w.key, w.pem, w.body = filepath.Join(w.dir, "chain.pem"), filepath.Join(w.dir, "key.pem"), filepath.Join(w.dir, "both.pem"), filepath.Join(w.dir, "body")
	if err := os.Mkdir(w.public, 0o755); err != nil {
		return nil, err
	}
	for path, text := range map[string][]byte{
		filepath.Join(w.public, "file.txt"): []byte(kilobyte()),
		filepath.Join(w.public, "big.bin"):  bytes.Repeat([]byte{'x'}, 10<<20),
		w.body:                              bytes.Repeat([]byte{'y'}, 10<<10),
	} {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return nil, err
		}
	}
	if err := w.certify(); err != nil {
		return nil, err
	}
	if w.app, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	w.conns.Go(w.serve)
	return w, nil
}

func (w *world) close() {
	if w.app != nil {
		_ = w.app.Close() // who is connected leaves with the peers
		w.conns.Wait()
	}
	_ = os.RemoveAll(w.dir) // below the directory for temporary files
}

// kilobyte is the body of every small answer.
func kilobyte() string { return strings.Repeat("a line of text!\n", 64) }

// certify writes a certificate with a key of P-256.
func (w *world) certify() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	secret := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	for path, text := range map[string][]byte{w.chain: chain, w.key: secret, w.pem: append(bytes.Clone(chain), secret...)} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// serve is the app: as little as an app can do, so that it is not what is measured.
func (w *world) serve() {
	for {
		conn, err := w.app.Accept()
		if err != nil {
			return
		}
		w.conns.Go(func() {
			defer conn.Close()
			converse(conn)
		})
	}
}

func converse(conn net.Conn) {
	plain := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n", len(kilobyte()))
	uncached := []byte(plain + "Cache-Control: no-store\r\n\r\n" + kilobyte())
	cached := []byte(plain + "Cache-Control: max-age=86400\r\n\r\n" + kilobyte())
	r := bufio.NewReaderSize(conn, 16<<10)
	for {
		first, key, length, chunked, err := head(r)
		if err != nil {
			return
		}
		if key != "" {
			sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
			fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
			echo(conn, r)
			return
		}
		if chunked {
			return // none of the peers sends one
		}
		if _, err := r.Discard(length); err != nil {
			return
		}
		answer := uncached
		if strings.HasPrefix(first, "GET /kept") || strings.HasPrefix(first, "HEAD /kept") {
			answer = cached
		}
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}

// echo gives messages back as they are. It hides what the two can do besides: a splice
// would take two more descriptors for each WebSocket.
func echo(to io.Writer, from io.Reader) {
	_, _ = io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, make([]byte, 4<<10)) // it ends with the client
}

// head reads what matters of a request's head.
func head(r *bufio.Reader) (first, key string, length int, chunked bool, err error) {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return "", "", 0, false, err
		}
		line = strings.TrimRight(line, "\r\n")
		if line == "" && first != "" {
			return first, key, length, chunked, nil
		}
		if first == "" {
			first = line
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(name) {
		case "sec-websocket-key":
			key = value
		case "content-length":
			length, _ = strconv.Atoi(value)
		case "transfer-encoding":
			chunked = true
		}
	}
}
