package script

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// What a folder of scripts may hold.
const (
	maxFile  = 1 << 20 // bytes of a file: about 20,000 lines
	maxAll   = 8 << 20 // bytes of all
	maxFiles = 500
	maxItems = 50_000 // lines and commas of a file: each may be a value, which takes the parser a kilobyte
)

// Scripts reports whether a file of a folder belongs to its scripts: it ends in
// .yaml or .yml, and neither it nor a folder above it is hidden.
func Scripts(name string) bool {
	for _, part := range strings.Split(name, "/") {
		if strings.HasPrefix(part, ".") && part != "." {
			return false
		}
	}
	ext := path.Ext(name)
	return ext == ".yaml" || ext == ".yml"
}

// crowded is the error of a text with more values than a file may have.
func crowded(text []byte) error {
	if bytes.Count(text, []byte("\n"))+bytes.Count(text, []byte(",")) > maxItems {
		return fmt.Errorf("the file has over %d lines and commas; split it", maxItems)
	}
	return nil
}

// Policies is the folder among the scripts that has none: what those who wait are
// told, which core/reassure reads.
const Policies = "policies"

// names are the paths of the scripts in fsys, in order.
func names(fsys fs.FS, skip func(string) bool) (out []string, err error) {
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := path.Base(name); name != "." && strings.HasPrefix(base, ".") || name == Policies {
				return fs.SkipDir
			}
			return nil
		}
		if Scripts(name) && (skip == nil || !skip(name)) {
			if out = append(out, name); len(out) > maxFiles {
				return fmt.Errorf("there are more than %d files; put them together", maxFiles)
			}
		}
		return nil
	})
	slices.Sort(out)
	return out, err
}

// content reads a file of at most maxFile bytes. What is not a plain file is not
// opened: a pipe would never end, and a link that leaves the folder is an error of
// fsys.
func content(fsys fs.FS, name string) ([]byte, error) {
	st, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, plain(err)
	}
	if !st.Mode().IsRegular() {
		return nil, errors.New("this is no file but a pipe, a device or a folder; remove it, or put a file in its place")
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, plain(err)
	}
	defer func() { _ = f.Close() }()
	src, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, plain(err)
	}
	if len(src) > maxFile {
		return nil, fmt.Errorf("the file is over %d MB; split it", maxFile>>20)
	}
	return src, nil
}

// plain is why a file cannot be read, in words, without its address.
func plain(err error) error {
	var at *fs.PathError
	if !errors.As(err, &at) {
		return err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("there is no file here, or the link leads nowhere")
	case errors.Is(err, fs.ErrPermission):
		return errors.New("the program may not read the file; give its user the right to")
	case strings.Contains(at.Err.Error(), "escapes"):
		return errors.New("this is a link that leads out of the folder; copy the file here")
	}
	return fmt.Errorf("the file can't be read: %w", at.Err)
}

var errEncoding = errors.New("the text is neither UTF-8 nor GB18030 nor UTF-16; save the file as UTF-8")

// decoded is src as UTF-8 without a BOM, and what it was written in if that is
// something else.
func decoded(src []byte) (text []byte, was string, err error) {
	switch {
	case bytes.HasPrefix(src, []byte("\xff\xfe")):
		return utf16Text(src[2:], order{0, 1})
	case bytes.HasPrefix(src, []byte("\xfe\xff")):
		return utf16Text(src[2:], order{1, 0})
	}
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
	nul := bytes.IndexByte(src, 0)
	switch {
	case utf8.Valid(src) && nul < 0:
		return src, "", nil
	case nul >= 0 && nul%2 == 1:
		return utf16Text(src, order{0, 1})
	case nul >= 0:
		return utf16Text(src, order{1, 0})
	}
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(src)
	if err != nil || !chinese(string(out)) {
		return nil, "", errEncoding
	}
	return out, "GB18030", nil
}

// order is which of two bytes is the low and which the high one.
type order struct{ low, high int }

func utf16Text(src []byte, o order) (text []byte, was string, err error) {
	if len(src)%2 != 0 {
		return nil, "", errEncoding
	}
	units := make([]uint16, 0, len(src)/2)
	for i := 0; i < len(src); i += 2 {
		units = append(units, uint16(src[i+o.low])|uint16(src[i+o.high])<<8)
	}
	out := string(utf16.Decode(units))
	if strings.ContainsRune(out, utf8.RuneError) || strings.ContainsRune(out, 0) {
		return nil, "", errEncoding
	}
	return []byte(out), "UTF-16", nil
}

// chinese reports whether a text reads like Chinese that was taken for what it
// is: nothing is damaged, and most of what is not ASCII are characters of every
// day. Other encodings, taken for GB18030, give rare ones.
func chinese(s string) bool {
	all, usual := 0, 0
	enc := simplifiedchinese.GBK.NewEncoder()
	for _, r := range s {
		if r == utf8.RuneError || r == 0 {
			return false
		}
		if r < utf8.RuneSelf {
			continue
		}
		all++
		if b, err := enc.Bytes([]byte(string(r))); err == nil && len(b) == 2 && b[1] >= 0xa1 && (b[0] >= 0xb0 && b[0] <= 0xd7 || b[0] >= 0xa1 && b[0] <= 0xa3) {
			usual++ // the first level of GB 2312, and its signs
		}
		if all >= 4000 {
			break
		}
	}
	return usual*10 >= all*8
}

// widened are keys of scripts before a full-width colon, as Chinese keyboards
// write it.
var widened = regexp.MustCompile(`(?:^|[\s{,])(` + strings.Join(keys(reflect.TypeFor[scriptFile](), map[reflect.Type]bool{}), "|") + `)\s*：`)

// keys are the yaml keys of a type and of what is in it.
func keys(t reflect.Type, seen map[reflect.Type]bool) (out []string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || seen[t] {
		return nil
	}
	seen[t] = true
	for i := range t.NumField() {
		f := t.Field(i)
		if name := f.Tag.Get("yaml"); name != "" && name != "-" {
			out = append(out, regexp.QuoteMeta(name))
			out = append(out, keys(f.Type, seen)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// colons names the full-width colons in a file that has faults: the parser's own
// words do not lead to them.
func (l *loader) colons(name string, src []byte) {
	if !bytes.Contains(src, []byte("：")) {
		return
	}
	n := 0
	for row := range strings.Lines(string(src)) {
		n++
		if m := widened.FindStringSubmatch(row); m != nil {
			l.fail(Pos{name, n}, "a full-width colon ： stands after %s; write : and a blank", m[1])
		}
	}
}
