package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// NamedBy says which of a user's identifiers a text is.
type NamedBy uint8

const (
	// ByAny: any of them, tried for each text. A text that is the ID of one user and the username of
	// another is ambiguous: nobody is preferred. The zero NamedBy.
	ByAny NamedBy = iota
	// ByID: the user's ID, trimmed and compared byte by byte.
	ByID
	// ByUsername: [groups.Username], compared as conditions on that field are.
	ByUsername
	// ByEmail: [groups.Email], likewise.
	ByEmail
)

var namedBy = []string{"any", "id", "username", "email"}

// String returns "any", "id", "username" or "email".
func (b NamedBy) String() string {
	if int(b) < len(namedBy) {
		return namedBy[b]
	}
	return fmt.Sprintf("NamedBy(%d)", uint8(b))
}

// MarshalText writes what String returns.
func (b NamedBy) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads what [NamedBy.MarshalText] wrote; other text is an error that wraps
// [groups.ErrValue].
func (b *NamedBy) UnmarshalText(text []byte) error {
	i := slices.Index(namedBy, string(text))
	if i < 0 {
		return fmt.Errorf("%.64q %w as NamedBy", text, groups.ErrValue)
	}
	*b = NamedBy(i)
	return nil
}

// words is what an identifier is called in a sentence.
func (b NamedBy) words() string {
	switch b {
	case ByID:
		return "ID"
	case ByAny:
		return "ID, username or email address"
	case ByEmail:
		return "email address"
	}
	return b.String()
}

// maxParts is how many identifiers can be asked for at once: each of a user's.
const maxParts = 3

// A naming is one attempt to name a user: by one text, or by several that all have to be that user's.
type naming struct {
	line  int // of a file
	parts []part
}

type part struct {
	by   NamedBy
	text string // trimmed, never blank
}

// String returns the naming as the person wrote it.
func (n *naming) String() string {
	texts := make([]string, len(n.parts))
	for i, p := range n.parts {
		texts[i] = p.text
	}
	return strings.Join(texts, ", ")
}

// key is the parts in a form that compares.
func (n *naming) key() (k [maxParts]part) {
	copy(k[:], n.parts)
	return k
}

// words says what was looked for.
func (n *naming) words() string {
	said := make([]string, len(n.parts))
	for i, p := range n.parts {
		said[i] = fmt.Sprintf("the %s %.64q", p.by.words(), p.text)
	}
	return strings.Join(said, " and ")
}

// maxAmong is how many of the users that one text may mean are listed.
const maxAmong = 10

// A sought is whom all namings mean that have the same parts.
type sought struct {
	parts []part
	found int
	last  groups.UserID   // of those found
	among []groups.UserID // the first of them
}

// met notes a user who is meant. Users come ascending by ID, and one more than once where a text is their
// username and email address at once.
func (s *sought) met(id groups.UserID) {
	if s.found > 0 && s.last == id {
		return
	}
	s.last = id
	s.found++
	if len(s.among) < maxAmong {
		s.among = append(s.among, id)
	}
}

// A register finds whom namings mean, as users go by.
type register struct {
	username, email groups.Field

	// all are those sought, each once however often a file names them, and byKey the same by their first
	// part, under the key it compares by.
	all   map[[maxParts]part]*sought
	byKey map[part][]*sought
	own   []part // of the user at hand
}

func newRegister(schema *groups.Schema, namings []naming) *register {
	r := &register{all: map[[maxParts]part]*sought{}, byKey: map[part][]*sought{}}
	r.username, _ = schema.Field(string(groups.Username))
	r.email, _ = schema.Field(string(groups.Email))
	for _, n := range namings {
		if len(n.parts) == 0 || r.of(n) != nil {
			continue
		}
		s := &sought{parts: n.parts}
		r.all[n.key()] = s
		for _, p := range r.keys(n.parts[0]) {
			r.byKey[p] = append(r.byKey[p], s)
		}
	}
	return r
}

// of is whom a naming means; nil for one that names nobody.
func (r *register) of(n naming) *sought { return r.all[n.key()] }

// keys are the forms under which a part compares: one, or one for each kind where any will do.
func (r *register) keys(p part) []part {
	var out []part
	// No user has an ID that could not be one, and some directories fail when asked for it.
	if (p.by == ByID || p.by == ByAny) && groups.UserID(p.text).Check() == nil {
		out = append(out, part{ByID, p.text})
	}
	if p.by == ByUsername || p.by == ByAny {
		out = appendKeys(out, ByUsername, r.username, groups.Text(p.text))
	}
	if p.by == ByEmail || p.by == ByAny {
		out = appendKeys(out, ByEmail, r.email, groups.Text(p.text))
	}
	return out
}

func appendKeys(to []part, by NamedBy, f groups.Field, v groups.Value) []part {
	for _, key := range f.Keys(v) {
		to = append(to, part{by, key})
	}
	return to
}

// meet lets one user go by.
func (r *register) meet(u *groups.User) {
	own := append(r.own[:0], part{ByID, string(u.ID)})
	own = appendKeys(own, ByUsername, r.username, u.Fields[string(groups.Username)])
	own = appendKeys(own, ByEmail, r.email, u.Fields[string(groups.Email)])
	r.own = own
	for _, o := range own {
		for _, s := range r.byKey[o] {
			if r.means(s, own) {
				s.met(u.ID)
			}
		}
	}
}

// means reports whether each part is one of the user's own, as the first is.
func (r *register) means(s *sought, own []part) bool {
	for _, p := range s.parts[1:] {
		if !slices.ContainsFunc(r.keys(p), func(k part) bool { return slices.Contains(own, k) }) {
			return false
		}
	}
	return true
}

// resolve finds whom the namings mean among the users whom the actor sees, and says so in an outcome
// for each, in order. To the actor nobody else exists.
func (d *Desk) resolve(ctx context.Context, a *Actor, namings []naming) ([]Outcome, error) {
	schema, err := d.dir.Schema(ctx)
	if err == nil && schema == nil {
		err = groups.ErrSchema
	}
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	r := newRegister(schema, namings)
	if len(r.byKey) > 0 {
		if err := d.each(ctx, r.ids(), func(u *groups.User) {
			if a.user(u) {
				r.meet(u)
			}
		}); err != nil {
			return nil, err
		}
	}
	out := make([]Outcome, len(namings))
	first := map[groups.UserID]*naming{}
	for i := range namings {
		n, o := &namings[i], &out[i]
		o.Line, o.Named = n.line, n.String()
		switch s := r.of(*n); {
		case s == nil:
			o.Code, o.Text = Blank, "nobody is named"
		case s.found == 0:
			o.Code, o.Text = NoSuchUser, "no user has "+n.words()
		case s.found > 1:
			o.Code, o.Among = Ambiguous, slices.Clone(s.among)
			o.Text = fmt.Sprintf("%d users have %s", s.found, n.words())
		case first[s.last] != nil:
			o.Code, o.User = Repeated, s.last
			o.Text = "named before"
			if as := first[s.last].String(); as != o.Named {
				o.Text += fmt.Sprintf(", as %.64q", as)
			}
			if line := first[s.last].line; line > 0 {
				o.Text += fmt.Sprintf(" on line %d", line)
			}
		default:
			o.Code, o.User = Found, s.last
			first[s.last] = n
		}
	}
	return out, nil
}

// ids are the IDs that say whom the namings can mean, ascending; nil where other identifiers count.
func (r *register) ids() []groups.UserID {
	ids := make([]groups.UserID, 0, len(r.byKey))
	for p := range r.byKey {
		if p.by != ByID {
			return nil
		}
		ids = append(ids, groups.UserID(p.text))
	}
	slices.Sort(ids)
	return ids
}

// each shows the users with the IDs, or all users where ids is nil, ascending. Those who are not there
// are passed over.
func (d *Desk) each(ctx context.Context, ids []groups.UserID, show func(*groups.User)) error {
	if ids != nil {
		return d.lookUp(ctx, ids, func(_ groups.UserID, u *groups.User) {
			if u != nil {
				show(u)
			}
		})
	}
	for u, err := range d.dir.Users(ctx) {
		if err != nil {
			return fmt.Errorf("read users: %w", err)
		}
		show(&u)
	}
	return nil
}
