package main

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/grouprules/groups"
)

// The fields of the people, as rules ask for them.
const (
	JobTitle groups.TextField   = "job_title"
	Office   groups.ChoiceField = "office"
	Hired    groups.DateField   = "hired"
)

// personnel says how the file of the personnel department is to be read. Who is no longer in it has
// left, and is switched off.
var personnel = groups.PeopleCSV{
	Key:     "id",
	Missing: groups.DeactivateMissing,
	Fields: []groups.CSVField{
		{Field: groups.Field{Name: string(Office), Type: groups.TypeChoice}},
		{Field: groups.Field{Name: string(Hired), Type: groups.TypeDate}},
	},
}

// A directory is the people as the LMS knows them: what the personnel department says, which the
// library keeps, with what only the LMS knows: their enrollments, and who has to do with whom.
type directory struct {
	*groups.Memory
	enrollments records
	offices     map[string][]string // those of each power user
}

// records are the enrollments, wherever they are kept.
type records interface {
	of(groups.UserID) groups.Enrollments
	version() int // another one after each change
}

// Users adds their enrollments to the users.
func (d *directory) Users(ctx context.Context) iter.Seq2[groups.User, error] {
	return func(yield func(groups.User, error) bool) {
		for u, err := range d.Memory.Users(ctx) {
			u.Enrollments = d.enrollments.of(u.ID)
			if !yield(u, err) {
				return
			}
		}
	}
}

// User does so for one.
func (d *directory) User(ctx context.Context, id groups.UserID) (groups.User, error) {
	u, err := d.Memory.User(ctx, id)
	u.Enrollments = d.enrollments.of(id)
	return u, err
}

// Version is another one after each enrollment as well: whoever adds to the users has to say so.
func (d *directory) Version(ctx context.Context) (string, error) {
	version, err := d.Memory.Version(ctx)
	return d.with(version), err
}

// Since is what the Memory remembers, where no enrollments were written: of those there is no journal.
func (d *directory) Since(ctx context.Context, version string) (*groups.Written, error) {
	version, enrollments, _ := strings.Cut(version, "+")
	if enrollments != strconv.Itoa(d.enrollments.version()) {
		return nil, ctx.Err()
	}
	return d.Memory.Since(ctx, version)
}

// with is a version of the Memory together with that of the enrollments.
func (d *directory) with(version string) string {
	return version + "+" + strconv.Itoa(d.enrollments.version())
}

// Write is asked about that version, and asks the Memory about its own.
func (d *directory) Write(ctx context.Context, c groups.PeopleChange) error {
	if c.Base != "" {
		version, err := d.Memory.Version(ctx)
		if err != nil {
			return err
		}
		if d.with(version) != c.Base {
			return fmt.Errorf("the people: %w", groups.ErrConflict)
		}
		c.Base = version
	}
	return d.Memory.Write(ctx, c)
}

// Scope is whom an owner of groups has to do with: power users with their own offices, everybody else
// with everybody.
func (d *directory) Scope(_ context.Context, owner string) (groups.Scope, error) {
	offices, limited := d.offices[owner]
	if !limited {
		return nil, nil
	}
	return func(u *groups.User) groups.Verdict {
		at := u.Fields[string(Office)]
		if at.IsUnknown() {
			return groups.Unknown
		}
		for _, office := range offices {
			if at.Equal(groups.Choice(office)) {
				return groups.Yes
			}
		}
		return groups.No
	}, nil
}
