package webchat

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// errPicture is returned for a picture that is not what its first bytes say.
var errPicture = errors.New("webchat: the picture is damaged")

// stripped returns what in holds, without the metadata of a picture: where it
// was taken, with what, by whom, and the small pictures cut out of it. A JPEG
// keeps its orientation, colour profile and pixels; nothing is encoded again.
// Formats: ITU-T T.81 annex B and EXIF 2.32; PNG 3rd edition; WebP container
// specification. GIF has no standard place for such data. Close it, read or
// not.
func stripped(kind string, in *bufio.Reader) io.ReadCloser {
	var strip func(*bufio.Writer, *bufio.Reader) error
	switch kind {
	case "image/jpeg":
		strip = stripJPEG
	case "image/png":
		strip = stripPNG
	case "image/webp":
		strip = stripWebP
	default:
		return io.NopCloser(in)
	}
	r, w := io.Pipe()
	go func() {
		out := bufio.NewWriter(w)
		err := strip(out, in)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = fmt.Errorf("%w: it ends too soon", errPicture)
		}
		if err == nil {
			err = out.Flush()
		}
		w.CloseWithError(err)
	}()
	return r
}

// JPEG markers.
const (
	mSOI  = 0xD8
	mEOI  = 0xD9
	mSOS  = 0xDA
	mAPP0 = 0xE0
	mAPP1 = 0xE1
	mAPP2 = 0xE2
	mAPPE = 0xEE // Adobe's: how colours are to be read
	mAPPF = 0xEF
	mCOM  = 0xFE
)

// stripJPEG keeps APP0 (JFIF), colour profiles and Adobe's APP14, and of EXIF
// the orientation. It stops at the end of the image: what cameras append after
// it are further pictures.
func stripJPEG(out *bufio.Writer, in *bufio.Reader) error {
	if m, err := marker(in); err != nil || m != mSOI {
		return errPicture
	}
	out.Write([]byte{0xFF, mSOI})
	for {
		m, err := marker(in)
		if err != nil {
			return err
		}
		if m == mEOI {
			_, err := out.Write([]byte{0xFF, mEOI})
			return err
		}
		if m == 0x01 || m >= 0xD0 && m <= 0xD7 { // without a body
			out.Write([]byte{0xFF, m})
			continue
		}
		var n [2]byte
		if _, err := io.ReadFull(in, n[:]); err != nil {
			return err
		}
		size := int(binary.BigEndian.Uint16(n[:]))
		if size < 2 {
			return errPicture
		}
		body := make([]byte, size-2)
		if _, err := io.ReadFull(in, body); err != nil {
			return err
		}
		switch {
		case m == mAPP1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")):
			if o := orientation(body[6:]); o > 1 && o <= 8 {
				out.Write(orientationOnly(o))
			}
		case m == mCOM, m == mAPP1, m > mAPP2 && m < mAPPE, m == mAPPF, m == mAPP2 && !bytes.HasPrefix(body, []byte("ICC_PROFILE\x00")):
		default:
			out.Write([]byte{0xFF, m, n[0], n[1]})
			out.Write(body)
		}
		if m == mSOS {
			if err := scan(out, in); err != nil {
				return err
			}
		}
	}
}

// marker reads the next marker. Fill bytes before it are dropped.
func marker(in *bufio.Reader) (byte, error) {
	b, err := in.ReadByte()
	if err != nil {
		return 0, err
	}
	if b != 0xFF {
		return 0, errPicture
	}
	for b == 0xFF {
		if b, err = in.ReadByte(); err != nil {
			return 0, err
		}
	}
	return b, nil
}

// scan copies entropy-coded data up to the next marker that is not part of it.
func scan(out *bufio.Writer, in *bufio.Reader) error {
	for {
		two, err := in.Peek(2)
		if err != nil {
			return err
		}
		if two[0] == 0xFF && two[1] != 0 && two[1] != 0xFF && (two[1] < 0xD0 || two[1] > 0xD7) {
			return nil
		}
		if err := out.WriteByte(two[0]); err != nil {
			return err
		}
		in.Discard(1)
	}
}

// orientation finds tag 0x0112 in the first directory of a TIFF; 0 if it has
// none.
func orientation(tiff []byte) int {
	var o binary.ByteOrder = binary.LittleEndian
	if len(tiff) < 14 {
		return 0
	}
	if tiff[0] == 'M' {
		o = binary.BigEndian
	}
	at := int64(o.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 0
	}
	n := int64(o.Uint16(tiff[at:]))
	for i := range n {
		e := at + 2 + 12*i
		if e+12 > int64(len(tiff)) {
			return 0
		}
		if o.Uint16(tiff[e:]) == 0x0112 {
			return int(o.Uint16(tiff[e+8:]))
		}
	}
	return 0
}

// orientationOnly is an EXIF segment that says nothing else.
func orientationOnly(o int) []byte {
	return append([]byte{0xFF, mAPP1, 0, 34}, "Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"+string(rune(o))+"\x00\x00\x00\x00\x00\x00"...)
}

const pngHead = "\x89PNG\r\n\x1a\n"

// stripPNG drops texts, times and EXIF, and what follows the end.
func stripPNG(out *bufio.Writer, in *bufio.Reader) error {
	head := make([]byte, 8)
	if _, err := io.ReadFull(in, head); err != nil || string(head) != pngHead {
		return errPicture
	}
	out.Write(head)
	for {
		if _, err := io.ReadFull(in, head); err != nil {
			return err
		}
		n, name := int64(binary.BigEndian.Uint32(head)), string(head[4:])
		if n > 1<<31-1 {
			return errPicture
		}
		switch name {
		case "tEXt", "zTXt", "iTXt", "tIME", "eXIf":
			if _, err := io.CopyN(io.Discard, in, n+4); err != nil {
				return err
			}
			continue
		}
		out.Write(head)
		if _, err := io.CopyN(out, in, n+4); err != nil { // with its checksum
			return err
		}
		if name == "IEND" {
			return nil
		}
	}
}

// stripWebP blanks EXIF and XMP in place: the sizes in the file's head stay
// right. Blank chunks have a name that nobody knows, which readers skip.
func stripWebP(out *bufio.Writer, in *bufio.Reader) error {
	head := make([]byte, 12)
	if _, err := io.ReadFull(in, head); err != nil || string(head[:4]) != "RIFF" || string(head[8:]) != "WEBP" {
		return errPicture
	}
	out.Write(head)
	left := int64(binary.LittleEndian.Uint32(head[4:])) - 4
	for left >= 8 {
		if _, err := io.ReadFull(in, head[:8]); err != nil {
			return err
		}
		n := int64(binary.LittleEndian.Uint32(head[4:]))
		n += n & 1 // padded to even
		left -= 8 + n
		if left < 0 {
			return errPicture
		}
		switch name := string(head[:4]); name {
		case "EXIF", "XMP ":
			copy(head, "JUNK")
			out.Write(head[:8])
			if _, err := io.CopyN(io.Discard, in, n); err != nil {
				return err
			}
			if _, err := io.CopyN(out, zeros{}, n); err != nil {
				return err
			}
		case "VP8X":
			body := make([]byte, min(n, 64))
			if _, err := io.ReadFull(in, body); err != nil || n < 10 || n > 64 {
				return errPicture
			}
			body[0] &^= 0x08 | 0x04 // has EXIF, has XMP
			out.Write(head[:8])
			out.Write(body)
		default:
			if strings.Trim(name, " ") == "" {
				return errPicture
			}
			out.Write(head[:8])
			if _, err := io.CopyN(out, in, n); err != nil {
				return err
			}
		}
	}
	return nil
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
