package webchat

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// The server's end of RFC 6455, without extensions and for text only. It is
// ours because libraries keep a goroutine and a reader for each connection;
// here a quiet connection has neither (poll_linux.go).

// Opcodes.
const (
	opMore  = 0x0
	opText  = 0x1
	opBin   = 0x2
	opClose = 0x8
	opPing  = 0x9
	opPong  = 0xA
)

// Close codes; those from 4400 on are ours.
const (
	closeAway   = 1001
	closeWrong  = 1002
	closeKind   = 1003
	closeUTF8   = 1007
	closeBig    = 1009
	closeAgain  = 1012
	closeLater  = 1013
	closeBad    = 4400
	closeToken  = 4401
	closeOrigin = 4403
	closeMany   = 4429
)

// wireError is a breach of the protocol, with the code to close with.
type wireError struct{ code int }

func (e *wireError) Error() string { return "webchat: the frame breaks RFC 6455" }

var errClosed = errors.New("webchat: the other end has closed")

// handshake turns a request into a connection, or answers it with an error.
func handshake(w http.ResponseWriter, r *http.Request) (net.Conn, error) {
	key := r.Header.Get("Sec-WebSocket-Key")
	raw, err := base64.StdEncoding.DecodeString(key)
	switch {
	case !hasToken(r.Header, "Connection", "upgrade"), !hasToken(r.Header, "Upgrade", "websocket"), err != nil, len(raw) != 16:
		http.Error(w, "this is a WebSocket", http.StatusBadRequest)
		return nil, errFrame
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		w.Header().Set("Sec-WebSocket-Version", "13")
		w.WriteHeader(http.StatusUpgradeRequired)
		return nil, errFrame
	}
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "this server cannot", http.StatusInternalServerError)
		return nil, err
	}
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	conn.SetDeadline(time.Time{}) // those of the HTTP server
	conn.SetWriteDeadline(time.Now().Add(writeLimit))
	_, err = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+
		base64.StdEncoding.EncodeToString(sum[:])+"\r\n\r\n")
	if err == nil && rw.Reader.Buffered() > 0 {
		err = errFrame // it may not speak before we have answered
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func hasToken(h http.Header, key, token string) bool {
	return slices.ContainsFunc(strings.Split(strings.Join(h.Values(key), ","), ","), func(s string) bool {
		return strings.EqualFold(strings.TrimSpace(s), token)
	})
}

// A frame as it is on the wire, unmasked.
type frame struct {
	op   byte
	fin  bool
	data []byte
}

// readFrame reads a frame into buf, which it may grow to max bytes.
func readFrame(in *bufio.Reader, buf []byte, max int64) (frame, error) {
	var h [14]byte
	if _, err := io.ReadFull(in, h[:2]); err != nil {
		return frame{}, err
	}
	f := frame{op: h[0] & 0x0F, fin: h[0]&0x80 != 0}
	if h[0]&0x70 != 0 || h[1]&0x80 == 0 { // an extension nobody agreed on; clients mask
		return f, &wireError{closeWrong}
	}
	n, more := uint64(h[1]&0x7F), 0
	switch n {
	case 126:
		more = 2
	case 127:
		more = 8
	}
	if f.op >= opClose && (more > 0 || !f.fin) {
		return f, &wireError{closeWrong}
	}
	if _, err := io.ReadFull(in, h[2:2+more+4]); err != nil {
		return f, err
	}
	switch more {
	case 2:
		n = uint64(binary.BigEndian.Uint16(h[2:]))
	case 8:
		n = binary.BigEndian.Uint64(h[2:])
	}
	if n > uint64(max) {
		return f, &wireError{closeBig}
	}
	f.data = slices.Grow(buf[:0], int(n))[:n]
	if _, err := io.ReadFull(in, f.data); err != nil {
		return f, err
	}
	mask := h[2+more : 6+more]
	for i := range f.data {
		f.data[i] ^= mask[i&3]
	}
	return f, nil
}

// A talker answers control frames while a message is read.
type talker interface {
	control(op byte, data []byte) error
	alive() error // a frame has come; an error ends the reading
}

// readMessage reads the next text, of at most max bytes in all its frames,
// into buf. It returns nil and no error if there were only control frames: it
// does not wait for what may not come for hours. errClosed: the other end has
// said goodbye, and was answered.
func readMessage(in *bufio.Reader, buf []byte, max int64, t talker) ([]byte, error) {
	buf = buf[:0]
	var tmp [125]byte
	for started := false; ; {
		head, err := in.Peek(1)
		if err != nil {
			return nil, err
		}
		into := tmp[:0]
		if head[0]&0x08 == 0 {
			into = nil
			if len(buf) == 0 {
				into = buf[:0:cap(buf)]
			}
		}
		f, err := readFrame(in, into, max-int64(len(buf)))
		if err != nil {
			return nil, err
		}
		if err := t.alive(); err != nil {
			return nil, err
		}
		switch {
		case f.op == opPing:
			err = t.control(opPong, f.data)
		case f.op == opPong:
		case f.op == opClose:
			t.control(opClose, f.data[:min(len(f.data), 2)])
			return nil, errClosed
		case f.op == opBin:
			return nil, &wireError{closeKind}
		case f.op > opBin, (f.op == opMore) != started:
			return nil, &wireError{closeWrong}
		default:
			started = true
			if len(buf) == 0 {
				buf = f.data
			} else {
				buf = append(buf, f.data...)
			}
			if f.fin {
				if !utf8.Valid(buf) {
					return nil, &wireError{closeUTF8}
				}
				return buf, nil
			}
		}
		if err != nil || !started && in.Buffered() == 0 {
			return nil, err
		}
	}
}

// appendFrame appends a frame of ours, which is not masked.
func appendFrame(b []byte, op byte, data []byte) []byte {
	b = append(b, 0x80|op)
	switch n := len(data); {
	case n < 126:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return append(b, data...)
}

// Buffers are shared: a quiet connection has none.
var (
	bytesPool  = sync.Pool{New: func() any { b := make([]byte, 0, 1024); return &b }}
	readerPool = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 1024) }}
)
