package insight

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/grouprules/groups"
)

// A Version is criteria that a group once had, of which the last ten are kept.
type Version struct {
	Revision uint64          `json:"revision"` // of the group when they were saved
	By       string          `json:"by"`
	At       time.Time       `json:"at"`
	Criteria groups.Criteria `json:"criteria"`
}

// String returns the version on one line, with its criteria in words.
func (v Version) String() string {
	return fmt.Sprintf("version %d of %s by %s: %v", v.Revision, on(v.At), v.By, v.Criteria)
}

// versions are those of a group as they are stored, the oldest first.
func (d *Desk) versions(ctx context.Context, group groups.GroupID) (all []groups.Note, err error) {
	for n, err := range d.store.Notes(ctx, groups.NoteVersion, group) {
		if err != nil {
			return nil, fmt.Errorf("read versions: %w", err)
		}
		all = append(all, n)
	}
	return all, nil
}

// find reads the version with a revision, and tells its place among those of a group.
func find(all []groups.Note, group groups.GroupID, revision uint64) (Version, int, error) {
	key := fmt.Sprintf("%020d", revision)
	i := slices.IndexFunc(all, func(n groups.Note) bool { return n.Key == key })
	if i < 0 {
		return Version{}, 0, fmt.Errorf("version %d of group %q: %w", revision, group, groups.ErrNotFound)
	}
	n := &all[i]
	v := Version{Revision: revision, By: n.By, At: n.At}
	if err := json.Unmarshal(n.Data, &struct {
		Criteria *groups.Criteria `json:"criteria"`
	}{&v.Criteria}); err != nil {
		return Version{}, 0, fmt.Errorf("version %q of group %q: %w", n.Key, group, err)
	}
	return v, i, nil
}

// A Comparison is where two versions of a group's criteria differ in today's people.
type Comparison struct {
	Group    groups.GroupID `json:"group"`
	Versions [2]Version     `json:"versions"`
	Users    int            `json:"users"` // for whom they differ
	// Disagreements are those users by what the versions say of them, and in each the conditions that tell the
	// versions apart, whose Rule is the place of the version.
	Disagreements []groups.Disagreement `json:"disagreements"`
}

// Compare says in people where two versions of a group's criteria, by their revisions, differ: whom only one takes in, of
// whom only one is undecided, and by which conditions. It is about the rules within the scope of the group's owner, and
// about the people as they are now: who is assigned or deactivated counts for nothing. The counts are of all users, and
// the first n of each are listed. A version that is not kept is an error that wraps [groups.ErrNotFound].
func (d *Desk) Compare(ctx context.Context, group groups.GroupID, a, b uint64, n int) (*Comparison, error) {
	all, err := d.versions(ctx, group)
	if err != nil {
		return nil, err
	}
	c := &Comparison{Group: group}
	for i, revision := range []uint64{a, b} {
		if c.Versions[i], _, err = find(all, group, revision); err != nil {
			return nil, err
		}
	}
	g, err := d.store.Group(ctx, group)
	if err != nil {
		return nil, err
	}
	g.Criteria = c.Versions[0].Criteria
	if c.Disagreements, err = d.ev.Differ(ctx, g, c.Versions[1].Criteria, n); err != nil {
		return nil, err
	}
	for _, of := range c.Disagreements {
		c.Users += of.Users
	}
	return c, nil
}

// String returns the comparison as text: a line for what the versions say of some users, and beneath it one for each
// condition that tells them apart.
func (c *Comparison) String() string {
	a, b := c.Versions[0].Revision, c.Versions[1].Revision
	if c.Users == 0 {
		return fmt.Sprintf("versions %d and %d of %s say the same of everybody", a, b, c.Group)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "versions %d and %d of %s differ for %d", a, b, c.Group, c.Users)
	for _, of := range c.Disagreements {
		fmt.Fprintf(&text, "\n%d ", of.Users)
		switch of.Says {
		case [2]groups.Verdict{groups.Yes, groups.No}:
			fmt.Fprintf(&text, "only in version %d", a)
		case [2]groups.Verdict{groups.No, groups.Yes}:
			fmt.Fprintf(&text, "only in version %d", b)
		default:
			fmt.Fprintf(&text, "%s version %d and %s version %d", ending[of.Says[0]], a, ending[of.Says[1]], b)
		}
		if len(of.First) > 0 {
			fmt.Fprintf(&text, ": %s", firstOf(of.First, of.Users))
		}
		for _, by := range of.Distinctions {
			fmt.Fprintf(&text, "\n  %d by version %d: %s%s %s", by.Users, c.Versions[by.Rule].Revision, denial[by.Says], by.Pointer, by.Text)
		}
	}
	return text.String()
}

// ending is how the rule leaves somebody, and denial what goes before a condition of which it is said.
var (
	ending = [...]string{groups.Unknown: "undecided in", groups.No: "not in", groups.Yes: "in"}
	denial = [...]string{groups.Unknown: "not known: ", groups.No: "not so: ", groups.Yes: ""}
)

// firstOf lists users, and how many there are besides.
func firstOf(first []groups.UserID, users int) string {
	text := strings.Join(texted(first), ", ")
	if more := users - len(first); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
