package table

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// The names of charsets, as Options take them and Reader.Charset returns them.
const (
	charsetUTF8   = "utf-8"
	charsetUTF16  = "utf-16"
	charsetCustom = "custom" // Options.Decode; not a name Options take
)

var singleByte = map[string]encoding.Encoding{
	"windows-1252": charmap.Windows1252,
	"iso-8859-1":   charmap.ISO8859_1,
	"iso-8859-15":  charmap.ISO8859_15,
}

// A mark is a byte order mark and the charset it proves.
type mark struct {
	bytes   string
	charset string // "": a charset that is not read
	name    string
	enc     encoding.Encoding // nil: no decoding needed
}

var (
	// IgnoreBOM because a mark has been taken off already: another U+FEFF would be text.
	utf16LE = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	utf16BE = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
)

// marks is ordered: UTF-32LE begins with the mark of UTF-16LE.
var marks = []mark{
	{"\xff\xfe\x00\x00", "", "UTF-32", nil},
	{"\x00\x00\xfe\xff", "", "UTF-32", nil},
	{"\xef\xbb\xbf", charsetUTF8, "UTF-8", nil},
	{"\xff\xfe", charsetUTF16, "UTF-16", utf16LE},
	{"\xfe\xff", charsetUTF16, "UTF-16", utf16BE},
}

// findMark returns the mark that head begins with.
func findMark(head []byte) (mark, bool) {
	for _, m := range marks {
		if bytes.HasPrefix(head, []byte(m.bytes)) {
			return m, true
		}
	}
	return mark{}, false
}

// A textFile is a file as UTF-8 text, with its byte order mark taken off.
type textFile struct {
	*bufio.Reader
	charset string
	decoded bool // by a decoder, which puts U+FFFD where it found no text
}

// asText decides how the bytes of a file are text. The text has a buffer of sampleSize to peek into.
func asText(file *source, o Options) (textFile, error) {
	f, err := decode(file, o)
	if err != nil {
		return f, err
	}
	// A loop, for files that were given a mark by two programs in turn.
	for {
		if head, _ := f.Peek(3); string(head) != "\ufeff" {
			return f, nil
		}
		f.Discard(3) // cannot fail: just peeked
	}
}

func decode(file *source, o Options) (textFile, error) {
	raw := bufio.NewReaderSize(file, sampleSize)
	through := func(decoder io.Reader, charset string) textFile {
		return textFile{bufio.NewReaderSize(&source{r: decoder, file: file}, sampleSize), charset, true}
	}
	declared := strings.ToLower(o.Charset)
	if o.Decode != nil {
		if declared != "" {
			return textFile{}, charsetError("both a charset (%s) and a decoder are given: one of them must go", declared)
		}
		return through(o.Decode(raw), charsetCustom), nil
	}
	one := singleByte[declared]
	if one == nil && declared != "" && declared != charsetUTF8 && declared != charsetUTF16 {
		return textFile{}, charsetError("the charset %q is not one of utf-8, utf-16, windows-1252, iso-8859-1, iso-8859-15", o.Charset)
	}

	head, _ := raw.Peek(4) // an error shows up again when the header is read
	m, marked := findMark(head)
	switch {
	case marked && m.charset == "":
		return textFile{}, charsetError("the file is %s, which is not read: save it as UTF-8", m.name)
	case marked && declared != "" && declared != m.charset:
		// The letters "ï»¿" at the start of a Latin file are possible, but nobody has ever wanted them.
		return textFile{}, charsetError("the charset is given as %s, but the file starts with the mark of %s", declared, m.name)
	case marked && m.enc != nil:
		raw.Discard(len(m.bytes)) // cannot fail: just peeked
		return through(m.enc.NewDecoder().Reader(raw), m.charset), nil
	case declared == charsetUTF16:
		enc := byteOrder(raw)
		if enc == nil {
			return textFile{}, charsetError("the charset is given as utf-16, but the file has no byte order mark and does not look like it")
		}
		return through(enc.NewDecoder().Reader(raw), charsetUTF16), nil
	case one != nil:
		return through(one.NewDecoder().Reader(raw), declared), nil
	}
	return textFile{Reader: raw, charset: charsetUTF8}, nil
}

func charsetError(format string, args ...any) error {
	return &Error{Err: ErrCharset, Text: fmt.Sprintf(format, args...)}
}

// byteOrder finds which byte of a UTF-16 unit is the high one. In any table most units are delimiters, digits or
// line ends, whose high byte is zero; a few letters such as U+0100 have a low byte of zero and must not confuse us.
func byteOrder(raw *bufio.Reader) encoding.Encoding {
	head, _ := raw.Peek(512)
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i%2]++
		}
	}
	switch {
	case zeros[0] > 4*zeros[1]:
		return utf16BE
	case zeros[1] > 4*zeros[0]:
		return utf16LE
	}
	return nil
}
