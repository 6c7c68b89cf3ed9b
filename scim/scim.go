// Package scim speaks the SCIM 2.0 of identity providers (RFC 7643 and RFC 7644): the resource of a user becomes a
// person, a PATCH is applied to a resource, the member changes of a group become PatchOp bodies, and a filter is read
// and written as criteria where the two say the same.
//
// A [Mapping] says which attribute is which field, tree or manager, and [New] checks it against a schema and makes a
// [Translator]. Attributes that are not mapped are passed over; nothing is guessed about the others: what cannot be
// said on the other side is refused, all of it at once, each with its attribute and its place.
//
// # People
//
// In a resource, an attribute that is not there, null or an empty list is known to have no value (RFC 7643, section
// 2.5), unless [Mapping.Partial] says that the resource is a part. Not said, and so Unknown, are "active" where it is
// not there, and the attributes of an extension that neither "schemas" nor the resource names. A plain text stands for
// a complex attribute whose "value" it is, as "manager" is sent by some.
//
// # PATCH
//
// Operations are those of RFC 7644, section 3.5.2, in any case ("Add"). They are applied together, or none is. These
// are taken as they are meant, since widely used clients send them: "True" and "False" as texts where a truth value is
// asked for; a value without a path whose names are paths ("name.givenName", or an extension's URN before an
// attribute); and a "remove" of a list of values, which removes those, and never the others. What would change nothing
// because its filter matches nothing is refused, but for a removal, and for an "add" whose filter says of every part
// what it is equal to: that adds the value it describes, as the first work address of somebody.
//
// # Filters
//
// eq, co, sw, ew, pr, gt, ge, lt and le, with and, or and not, are read for attributes that are mapped: texts where
// the attribute and the field agree on whether case counts, numbers, truth values, choices compared with their case,
// and instants by their order. "ne" is the opposite of eq, and true where there is no value. Refused, with the column,
// is what would not be exact: an order of texts, "ne" of an attribute of many values, the units of a tree (one that
// does not exist is Unknown here), managers (nobody reports to himself here), and whatever has no attribute. Texts
// compare as package groups has it, without regard to the amount of white space. What is Unknown stays so.
//
// The package knows nothing of HTTP, of stores and of how rules are evaluated.
package scim

import (
	"errors"
	"fmt"
)

// The schemas of resources and messages that matter here.
const (
	User       = "urn:ietf:params:scim:schemas:core:2.0:User"
	Enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	Group      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	PatchOp    = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)

// What can be wrong. Every [Error] wraps one of these.
var (
	// ErrSyntax: not JSON, not a message of SCIM, not a path or a filter.
	ErrSyntax = errors.New("not SCIM")
	// ErrLimit: larger than what is read: 1 MiB, 32 levels, 1,000 names of an object, 1,000 operations.
	ErrLimit = errors.New("over the limit")
	// ErrValue: an attribute has no value that its field, or the operation, can take.
	ErrValue = errors.New("wrong value")
	// ErrTarget: an operation has nothing that it could change ("noTarget"), or what it may not ("mutability").
	ErrTarget = errors.New("wrong target")
	// ErrMapping: a mapping that does not fit the schema, or what has no exact form on the other side.
	ErrMapping = errors.New("does not map")
)

// An Error is one thing that is wrong. Several come joined.
type Error struct {
	// Path is the attribute or, of criteria, the JSON pointer that it is about; blank is the whole.
	Path string
	// Offset is the byte of the document, or of the filter, at which it is, from 0; -1 is none.
	Offset int
	Err    error // one of the sentinels
	Text   string
}

// Error names the place and says what is wrong.
func (e *Error) Error() string {
	text := e.Err.Error() + ": " + e.Text
	if e.Path != "" {
		text = fmt.Sprintf("%.200s: %s", e.Path, text)
	}
	if e.Offset >= 0 {
		text = fmt.Sprintf("column %d: %s", e.Offset+1, text)
	}
	return "scim: " + text
}

// Unwrap returns the sentinel.
func (e *Error) Unwrap() error { return e.Err }

func failure(path string, at int, err error, format string, args ...any) *Error {
	return &Error{path, at, err, fmt.Sprintf(format, args...)}
}

const (
	maxBytes      = 1 << 20
	maxDepth      = 32
	maxOperations = 1000
	maxMembers    = 1000
)
