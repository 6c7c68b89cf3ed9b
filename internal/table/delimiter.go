package table

import (
	"bytes"
	"encoding/csv"
	"io"
	"unicode/utf8"
)

// candidates are the delimiters that are looked for. Others must be asked for.
var candidates = []rune{',', ';', '\t', '|'}

// sampleRecords is how many records detection looks at.
const sampleRecords = 20

// validDelimiter reports whether d can stand between cells. The byte order mark cannot: at the start of a file it
// would be taken off, and with it an empty first cell.
func validDelimiter(d rune) bool {
	switch d {
	case 0, '"', '\r', '\n', utf8.RuneError, '\ufeff':
		return false
	}
	return utf8.ValidRune(d)
}

// sepLine recognises the line "sep=;" with which a file tells Excel its delimiter, and returns the line's length.
func sepLine(sample []byte) (delimiter rune, length int) {
	const sep = "sep="
	if len(sample) <= len(sep) || !bytes.EqualFold(sample[:len(sep)], []byte(sep)) {
		return 0, 0
	}
	d, size := utf8.DecodeRune(sample[len(sep):])
	rest := sample[len(sep)+size:]
	end := 0
	switch {
	case len(rest) == 0: // nothing follows, not even a line end
	case bytes.HasPrefix(rest, []byte("\n")):
		end = 1
	case bytes.HasPrefix(rest, []byte("\r\n")):
		end = 2
	default:
		return 0, 0
	}
	if !validDelimiter(d) {
		return 0, 0
	}
	return d, len(sep) + size + end
}

// detectDelimiter returns the candidate that cuts sample into records of one width better than any other, or a
// comma if none is plainly the best.
func detectDelimiter(sample []byte, whole bool) rune {
	if !whole {
		// The last line may have lost its end.
		sample = sample[:bytes.LastIndexByte(sample, '\n')+1]
	}
	best, most, tied := ',', 0, false
	for _, d := range candidates {
		records, agreeing, header := tryDelimiter(sample, d)
		switch {
		case agreeing == most:
			tied = true
		case agreeing > most:
			best, most, tied = ',', agreeing, false
			if header && 2*agreeing > records {
				best = d
			}
		}
	}
	if tied {
		return ','
	}
	return best
}

// tryDelimiter reads the first records of sample with delimiter d. It returns how many there are, how many agree
// on the most usual width above one, and whether the first record, the header, is among those.
func tryDelimiter(sample []byte, d rune) (records, agreeing int, header bool) {
	r := csv.NewReader(bytes.NewReader(sample))
	r.Comma = d
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	widths := map[int]int{}
	first := 0
	for records < sampleRecords {
		cells, err := r.Read()
		if err == io.EOF {
			break
		}
		records++
		if err != nil {
			break // with this delimiter the quotes make no sense: a record that agrees with none
		}
		if records == 1 {
			first = len(cells)
		}
		if len(cells) > 1 {
			widths[len(cells)]++
		}
	}
	for _, n := range widths {
		agreeing = max(agreeing, n)
	}
	return records, agreeing, agreeing > 0 && widths[first] == agreeing
}
