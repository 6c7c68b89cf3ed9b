package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/grouprules/groups"
)

// A Person is a user as lists and criteria show them.
type Person struct {
	ID groups.UserID `json:"id"`
	// Name is the user's [groups.Name], trimmed; blank where the directory knows none.
	Name string `json:"name,omitempty"`
	// Inactive: the user is known to be deactivated. Expiry is not deactivation.
	Inactive bool `json:"inactive,omitempty"`
	// Absent: there is no such user in the directory.
	Absent bool `json:"absent,omitempty"`
}

// String returns "Anna Smith, u1", or "[Anna Smith, u1 (Inactive)]" for a user who is deactivated, as
// Cornerstone flags them; the ID alone where there is no name, and "[u1 (Not found)]" for an ID that is
// nobody's.
func (p Person) String() string {
	switch {
	case p.Absent:
		return "[" + p.withID() + " (Not found)]"
	case p.Inactive:
		return "[" + p.withID() + " (Inactive)]"
	}
	return p.withID()
}

// withID is the name, if any, and the ID.
func (p Person) withID() string {
	if p.Name == "" {
		return string(p.ID)
	}
	return p.Name + ", " + string(p.ID)
}

// shown is the name, or in its place the ID.
func (p Person) shown() string {
	if p.Name != "" {
		return p.Name
	}
	return string(p.ID)
}

// person describes the user with that ID; a nil user is absent.
func person(id groups.UserID, u *groups.User) Person {
	if u == nil {
		return Person{ID: id, Absent: true}
	}
	name := strings.TrimSpace(strings.Join(u.Fields[string(groups.Name)].Texts(), " "))
	return Person{ID: id, Name: name, Inactive: u.Activation == groups.Deactivated}
}

// few users are looked up one by one; more are met in one pass over the directory, which a host
// answers with one query.
const few = 100

// lookUp calls found for every one of the IDs, ascending and each once, with the user that the
// directory has under it, or nil.
func (d *Desk) lookUp(ctx context.Context, ids []groups.UserID, found func(groups.UserID, *groups.User)) error {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	if len(ids) <= few {
		for _, id := range ids {
			u, err := d.user(ctx, id)
			if err != nil {
				return err
			}
			found(id, u)
		}
		return nil
	}
	for u, err := range d.dir.Users(ctx) {
		if err != nil {
			return fmt.Errorf("read users: %w", err)
		}
		for len(ids) > 0 && ids[0] < u.ID {
			found(ids[0], nil)
			ids = ids[1:]
		}
		if len(ids) == 0 {
			return nil
		}
		if ids[0] == u.ID {
			found(u.ID, &u)
			ids = ids[1:]
		}
	}
	for _, id := range ids {
		found(id, nil)
	}
	return nil
}

// user returns the user with that ID, or nil where there is none.
func (d *Desk) user(ctx context.Context, id groups.UserID) (*groups.User, error) {
	u, err := d.dir.User(ctx, id)
	switch {
	case errors.Is(err, groups.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read user %q: %w", id, err)
	}
	return &u, nil
}

// seen reports whether the actor may see the user; one who is not in the directory is seen only by
// those who see everybody.
func (a *Actor) seen(u *groups.User) bool {
	if u == nil {
		return a.SeesAll
	}
	return a.user(u)
}
