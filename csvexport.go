package groups

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/grouprules/groups/internal/table"
)

// MembersCSV says how members are written. A nil *MembersCSV is the same as a zero one: UTF-8 with
// commas, safe to open in a spreadsheet.
type MembersCSV struct {
	// Fields are the fields of users to write beside their method, in this order.
	Fields []string
	// Population writes who is in effects aside, and not the membership: the two differ while a
	// group is inactive, when the membership is empty.
	Population bool
	// Separator stands between the values of a field that has several; blank is ";".
	Separator string
	// Delimiter stands between cells; 0 is a comma.
	Delimiter rune
	// BOM starts the file with a byte order mark, without which Excel does not take it for UTF-8.
	BOM bool
	// CRLF ends rows with CR LF.
	CRLF bool
	// Raw writes cells as they are, for programs. Without it a cell that a spreadsheet would run
	// as a formula (OWASP: it starts with = + - @, a tab, a line end, a NUL or a full-width sign,
	// and is not a plain number) gets an apostrophe before it, which [CSVFormat.Guarded] takes off.
	Raw bool
}

// WriteMembersCSV writes the members of a group, by user: the columns "user", "method" (manual or
// automatic), "list" and then the fields. The list is "membership" or "population", so that nobody
// takes the population of an inactive group for people who are in. Unknown and Empty are both
// written blank; a member who is no longer in the directory has no fields.
//
// A group that does not exist is refused with [ErrNotFound] and a field that is not in the schema
// with [ErrCSVOptions], before anything is written. After any other error what was written is a
// part, and to be thrown away. With fields, all users are read once.
func (e *Evaluator) WriteMembersCSV(ctx context.Context, w io.Writer, g GroupID, o *MembersCSV) error {
	if o == nil {
		o = new(MembersCSV)
	}
	if err := (&CSVFormat{Delimiter: o.Delimiter}).check(); err != nil {
		return err
	}
	if _, err := e.store.Group(ctx, g); err != nil {
		return err
	}
	schema, err := e.dir.Schema(ctx)
	if err != nil {
		return fmt.Errorf("read the schema: %w", err)
	}
	for _, name := range o.Fields {
		if _, ok := schema.Field(name); !ok {
			return fmt.Errorf("%w: there is no field %.64q", ErrCSVOptions, name)
		}
	}
	out := table.NewWriter(w, table.WriterOptions{Delimiter: o.Delimiter, BOM: o.BOM, Raw: o.Raw, CRLF: o.CRLF})
	if err := out.Write(append([]string{"user", "method", "list"}, o.Fields...)...); err != nil {
		return err
	}
	members, list := e.Members(ctx, g), "membership"
	if o.Population {
		members, list = e.Population(ctx, g), "population"
	}
	user, stop := func(UserID) (User, error) { return User{}, nil }, func() {}
	if len(o.Fields) > 0 {
		user, stop = ascending(e.dir.Users(ctx))
	}
	defer stop()
	separator := cmp.Or(o.Separator, ";")
	row := make([]string, 3+len(o.Fields))
	for m, err := range members {
		if err != nil {
			return err
		}
		u, err := user(m.User)
		if err != nil {
			return fmt.Errorf("read users: %w", err)
		}
		row[0], row[1], row[2] = string(m.User), m.Method.String(), list
		for i, name := range o.Fields {
			if name == string(ID) {
				row[3+i] = string(m.User)
				continue
			}
			row[3+i] = strings.Join(u.Fields[name].Texts(), separator)
		}
		if err := out.Write(row...); err != nil {
			return err
		}
	}
	return out.Flush()
}

// ascending returns a function that finds users in one pass: it is to be asked for one ID after
// another in order, and answers with the zero User for those who are not there.
func ascending(users iter.Seq2[User, error]) (find func(UserID) (User, error), stop func()) {
	next, stop := iter.Pull2(users)
	var at User
	more, started := true, false
	return func(id UserID) (User, error) {
		for more && (!started || at.ID < id) {
			var err error
			started = true
			if at, err, more = next(); err != nil {
				return User{}, err
			}
		}
		if at.ID == id {
			return at, nil
		}
		return User{}, nil
	}, stop
}
