package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/grouprules/groups"
)

// Why a user should not be deleted. The error of [Deletion.Err] wraps each that applies.
var (
	// ErrProtected: one of the users that [Policy] protects.
	ErrProtected = errors.New("is one of the original administrators")
	// ErrHistory: the user has training history.
	ErrHistory = errors.New("has training history: deactivate the user instead")
	// ErrManager: users report to them, who would be left without an approval manager.
	ErrManager = errors.New("is an approval manager: give the users to another one first")
)

// A Deletion is what deleting a user would do, and what speaks against it (SkillPort). Deleting is not
// removing: whoever is taken out of a group keeps their record.
type Deletion struct {
	User Person
	// Protected: the user is one of [Policy.Protected].
	Protected bool
	// HasHistory: the user has training history, by [Policy.HasHistory].
	HasHistory bool
	// Reports are the users who report to them directly and whom the actor may see, ascending.
	Reports []groups.UserID
	// Leaves are the groups that the user would leave: those with them in the population, ascending.
	Leaves []groups.GroupID
	// Named are the groups whose criteria name the user in a user condition, ascending, those of manual
	// groups, which keep criteria and do not read them, included.
	Named []groups.GroupID
	// Owns are the groups that the user owns, ascending: those whose owner is the user's ID.
	Owns []groups.GroupID
	// UnseenReports is how many more report to them, and UnseenGroups how many more groups there are in
	// Leaves, Named and Owns, each once, that the actor may not see.
	UnseenReports, UnseenGroups int
}

// Err returns everything that speaks against deleting the user, joined: [ErrProtected], [ErrHistory] and
// [ErrManager]; nil where nothing does. Groups that the user would leave speak against nothing. A store
// that keeps people refuses by it ([Desk.DeleteUser]); other hosts show it.
func (r *Deletion) Err() error {
	var errs []error
	if r.Protected {
		errs = append(errs, fmt.Errorf("user %q %w", r.User.ID, ErrProtected))
	}
	if r.HasHistory {
		errs = append(errs, fmt.Errorf("user %q %w", r.User.ID, ErrHistory))
	}
	if n := len(r.Reports) + r.UnseenReports; n > 0 {
		errs = append(errs, fmt.Errorf("user %q %w (users: %d)", r.User.ID, ErrManager, n))
	}
	return errors.Join(errs...)
}

// BeforeDelete reports what deleting a user would do; it writes nothing. A user who is not in the
// directory, or whom the actor may not see, is an error that wraps [groups.ErrNotFound]; an error of a
// source leaves no report. It asks the host's HasHistory once, and reads all groups; where the directory
// does not know who reports to whom ([groups.Reporting]) it reads all users as well.
func (d *Desk) BeforeDelete(ctx context.Context, actor Actor, user groups.UserID) (*Deletion, error) {
	u, err := d.user(ctx, user)
	if err != nil {
		return nil, err
	}
	if u == nil || !actor.user(u) {
		return nil, fmt.Errorf("user %q: %w", user, groups.ErrNotFound)
	}
	r := &Deletion{User: person(user, u)}
	if err := d.record(ctx, r); err != nil {
		return nil, err
	}
	if err := d.reports(ctx, actor, r); err != nil {
		return nil, fmt.Errorf("reports of user %q: %w", user, err)
	}
	if err := d.touches(ctx, actor, r); err != nil {
		return nil, fmt.Errorf("groups of user %q: %w", user, err)
	}
	return r, nil
}

// reports fills in who reports to the user. Somebody who is their own manager leaves with themselves.
func (d *Desk) reports(ctx context.Context, actor Actor, r *Deletion) error {
	note := func(u *groups.User) {
		switch manager, known := u.Manager.ID(); {
		case !known || manager != r.User.ID || u.ID == r.User.ID:
		case actor.user(u):
			r.Reports = append(r.Reports, u.ID)
		default:
			r.UnseenReports++
		}
	}
	lines, ok := groups.As[groups.Reporting](d.dir)
	if !ok {
		for u, err := range d.dir.Users(ctx) {
			if err != nil {
				return err
			}
			note(&u)
		}
		return nil
	}
	var ids []groups.UserID
	for id, err := range lines.Reports(ctx, r.User.ID) {
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	return d.lookUp(ctx, ids, func(_ groups.UserID, u *groups.User) {
		if u != nil { // gone since
			note(u)
		}
	})
}

// touches fills in the groups that have to do with the user.
func (d *Desk) touches(ctx context.Context, actor Actor, r *Deletion) error {
	in := map[groups.GroupID]bool{}
	for st, err := range d.store.StandingsOf(ctx, r.User.ID) {
		if err != nil {
			return err
		}
		in[st.Group] = st.Population != groups.Outside
	}
	sees := actor.sight()
	for g, err := range d.store.Groups(ctx) {
		if err != nil {
			return err
		}
		named := false
		for u := range usersNamed(g.Criteria) {
			named = named || u == r.User.ID
		}
		owns := g.Owner == string(r.User.ID)
		switch {
		case !in[g.ID] && !named && !owns:
		case !sees.group(g.ID):
			r.UnseenGroups++
		default:
			if in[g.ID] {
				r.Leaves = append(r.Leaves, g.ID)
			}
			if named {
				r.Named = append(r.Named, g.ID)
			}
			if owns {
				r.Owns = append(r.Owns, g.ID)
			}
		}
	}
	return nil
}

// DeleteUser takes the record of a user out of the directory, and brings up to date the groups, which the
// user leaves; assignments stay stored until the user is forgotten ([groups.Evaluator.Forget]). It refuses
// what [Desk.BeforeDelete] refuses and, with its error, what [Deletion.Err] speaks against. Where the
// directory does not keep people ([groups.People]), deleting is the host's own, and an error wraps
// [errors.ErrUnsupported]. Where the directory has versions, and it changed between the report and the
// deletion, nobody is deleted and an error wraps [groups.ErrConflict]: call it again.
//
// An error of bringing the groups up to date leaves the user deleted; the next full run catches up.
func (d *Desk) DeleteUser(ctx context.Context, actor Actor, user groups.UserID) (*groups.Run, error) {
	people, ok := groups.As[groups.People](d.dir)
	if !ok {
		return nil, fmt.Errorf("delete user %q: %w", user, errors.ErrUnsupported)
	}
	change := groups.PeopleChange{Remove: []groups.UserID{user}}
	if versions, ok := groups.As[groups.Versioned](d.dir); ok {
		var err error
		if change.Base, err = versions.Version(ctx); err != nil {
			return nil, fmt.Errorf("delete user %q: %w", user, err)
		}
	}
	report, err := d.BeforeDelete(ctx, actor, user)
	if err == nil {
		err = report.Err()
	}
	if err == nil {
		err = people.Write(ctx, change)
	}
	if err != nil {
		return nil, fmt.Errorf("delete user %q: %w", user, err)
	}
	deletion := groups.Act{Do: "deleteUser", User: user, By: actor.By, At: d.ev.Now()}
	if err := d.store.Apply(ctx, groups.Commit{Acts: []groups.Act{deletion}}); err != nil {
		return nil, fmt.Errorf("user %q is deleted, which is not written down, and the groups are not up to date: %w", user, err)
	}
	run, err := d.ev.Changed(ctx, groups.Touched{Users: []groups.UserID{user}})
	if err != nil {
		return nil, fmt.Errorf("user %q is deleted, the groups are not up to date: %w", user, err)
	}
	return run, nil
}

// Import writes what a file of people would change, as [groups.Evaluator.Import] does, and deletes nobody
// by it who is not to be deleted: where the file takes users out ([groups.RemoveMissing]), everything that
// speaks against deleting one of them is returned, joined, and nothing is written. Somebody is an approval
// manager as long as a user who is there after the import reports to them. With a reason why, it is what
// the feed guard objects to that is imported all the same ([groups.Evaluator.ImportDespite]).
//
// Where users are taken out it reads all of them once more, and asks the host's HasHistory about each of
// those.
func (d *Desk) Import(ctx context.Context, actor Actor, p *groups.ImportPlan, why string) (*groups.Run, error) {
	if err := d.mayRemove(ctx, p.People); err != nil {
		return nil, err
	}
	if why != "" {
		return d.ev.ImportDespite(ctx, p, actor.By, why)
	}
	return d.ev.Import(ctx, p, actor.By)
}

// mayRemove returns what speaks against deleting the users whom a change takes out of the directory.
func (d *Desk) mayRemove(ctx context.Context, c groups.PeopleChange) error {
	if len(c.Remove) == 0 {
		return nil
	}
	reports := make(map[groups.UserID]int, len(c.Remove)) // by manager who goes
	for _, id := range c.Remove {
		reports[id] = 0
	}
	stay := func(u *groups.User) {
		if _, goes := reports[u.ID]; goes {
			return
		}
		if manager, known := u.Manager.ID(); known {
			if _, goes := reports[manager]; goes {
				reports[manager]++
			}
		}
	}
	changed := make(map[groups.UserID]bool, len(c.Upsert))
	for i := range c.Upsert {
		changed[c.Upsert[i].ID] = true
		stay(&c.Upsert[i])
	}
	for u, err := range d.dir.Users(ctx) {
		if err != nil {
			return fmt.Errorf("read users: %w", err)
		}
		if !changed[u.ID] {
			stay(&u)
		}
	}
	var errs []error
	for _, id := range c.Remove {
		r := &Deletion{User: Person{ID: id}, UnseenReports: reports[id]}
		if err := d.record(ctx, r); err != nil {
			return err
		}
		errs = append(errs, r.Err())
	}
	return errors.Join(errs...)
}

// record fills in what the policy and the host say about the user's record.
func (d *Desk) record(ctx context.Context, r *Deletion) (err error) {
	r.Protected = slices.Contains(d.policy.Protected, r.User.ID)
	if d.policy.HasHistory != nil {
		if r.HasHistory, err = d.policy.HasHistory(ctx, r.User.ID); err != nil {
			return fmt.Errorf("training history of user %q: %w", r.User.ID, err)
		}
	}
	return nil
}
