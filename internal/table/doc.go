// Package table reads and writes tables kept as delimited text: CSV and its cousins.
//
// It knows rows, cells and positions and nothing of what they mean: no users, keys, fields or value types.
// It decides what the text of a file is (charset, delimiter, line ends), splits it as encoding/csv does, watches
// that it stays within limits, and says where it went wrong.
//
// What it promises:
//
//   - Nothing is guessed where a wrong guess would go unseen. A charset is read from a byte order mark or declared
//     by the caller, never inferred from the letters; a delimiter is detected only when one reading is plainly best.
//   - Nothing is repaired silently. A cell with bytes that mean no text is [Row.Unreadable]; it is never trimmed,
//     replaced or dropped.
//   - A half-read file never looks like a short one. Once [Reader.Read] has failed it fails the same way for ever,
//     and io.EOF means that every byte was read and understood.
//   - Limits hold while reading, not after: an endless cell, line or quote stops at the limit, and memory stays
//     within a small multiple of one row at its limits.
//   - What [Writer] wrote [Reader] reads back, cell for cell and byte for byte; [Unguard] undoes the formula guard.
package table
