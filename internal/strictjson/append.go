package strictjson

import "unicode/utf8"

// AppendString appends s as a JSON string, escaping as little as it can: quotes, backslashes and
// control characters, and U+2028 and U+2029, at which JavaScript once ended lines. HTML is left alone,
// for it is escaped where it is written. A byte that is no UTF-8 becomes U+FFFD.
//
// [Parse] gives s back if s is valid UTF-8 without U+0000, which is written but never read.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"', r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\b':
			dst = append(dst, `\b`...)
		case r == '\f':
			dst = append(dst, `\f`...)
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\r':
			dst = append(dst, `\r`...)
		case r == '\t':
			dst = append(dst, `\t`...)
		case r < 0x20, r == '\u2028', r == '\u2029':
			const hex = "0123456789abcdef"
			dst = append(dst, '\\', 'u', hex[r>>12], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}
