package admin

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/grouprules/groups"
)

// ErrLastGroup is wrapped by the error for taking a user out of the last of the organizational groups
// ([Policy.Organizational]) that they are in, or for deleting that group or turning it off. What a rule, a
// file or the end of an assignment does is not refused: [Desk.Orphans] reports it.
var ErrLastGroup = errors.New("in no organizational group other than")

// Orphans yields the users who are in none of the organizational groups, ascending by ID, as far as the
// actor may see them. It goes by the memberships as last written, so that the members of an inactive
// group are in none; whether users are active does not matter. Where the [Policy] names no
// organizational group nobody has to be in one, and nothing is yielded.
//
// It reads the directory and the memberships side by side and keeps nothing; an error comes last.
func (d *Desk) Orphans(ctx context.Context, actor Actor) iter.Seq2[Person, error] {
	return func(yield func(Person, error) bool) {
		if len(d.policy.Organizational) == 0 {
			return
		}
		placed, err := d.placed(ctx, d.policy.Organizational)
		defer placed.stop()
		if err != nil {
			yield(Person{}, err)
			return
		}
		for u, err := range d.dir.Users(ctx) {
			in := false
			if err == nil {
				in, err = placed.has(u.ID)
			}
			if err != nil {
				yield(Person{}, fmt.Errorf("look for users in no organizational group: %w", err))
				return
			}
			if !in && actor.user(&u) && !yield(person(u.ID, &u), nil) {
				return
			}
		}
	}
}

// placements are the memberships of several groups, read side by side.
type placements []*placement

// A placement is where the reading of one membership stands.
type placement struct {
	user groups.UserID // the next member
	more bool
	next func() (groups.Member, error, bool)
	stop func()
}

// placed begins to read the memberships of groups.
func (d *Desk) placed(ctx context.Context, in []groups.GroupID) (placements, error) {
	var all placements
	for _, group := range in {
		next, stop := iter.Pull2(d.ev.Members(ctx, group))
		p := &placement{next: next, stop: stop}
		all = append(all, p)
		if err := p.step(); err != nil {
			return all, err
		}
	}
	return all, nil
}

func (p *placement) step() error {
	m, err, more := p.next()
	p.user, p.more = m.User, more
	return err
}

// has reports whether the user is a member of one of the groups. It is asked of users in ascending
// order.
func (all placements) has(user groups.UserID) (in bool, err error) {
	for _, p := range all {
		for p.more && p.user < user {
			if err := p.step(); err != nil {
				return false, err
			}
		}
		in = in || p.more && p.user == user
	}
	return in, nil
}

func (all placements) stop() {
	for _, p := range all {
		p.stop()
	}
}

// keepsGroup returns which of the users would be in no organizational group once they are out of this
// one, in the order given: those who are members of it, as last written, and of no other. It returns none
// where the group is not one of the organizational groups. The act that is about to take the users out
// refuses these with [ErrLastGroup]. What is written between this and the act is not seen.
func (d *Desk) keepsGroup(ctx context.Context, group groups.GroupID, users ...groups.UserID) (stranded []groups.UserID, err error) {
	if !slices.Contains(d.policy.Organizational, group) {
		return nil, nil
	}
	for _, user := range users {
		here, elsewhere := false, false
		for st, err := range d.ev.GroupsOf(ctx, user) {
			if err != nil {
				return nil, fmt.Errorf("read groups of user %q: %w", user, err)
			}
			here = here || st.Group == group
			elsewhere = elsewhere || st.Group != group && slices.Contains(d.policy.Organizational, st.Group)
		}
		if here && !elsewhere {
			stranded = append(stranded, user)
		}
	}
	return stranded, nil
}

// mayEmpty refuses to let everybody leave a group, with [ErrLastGroup], where some of them would be in no
// organizational group then.
func (d *Desk) mayEmpty(ctx context.Context, group groups.GroupID) error {
	if !slices.Contains(d.policy.Organizational, group) {
		return nil
	}
	others := slices.DeleteFunc(slices.Clone(d.policy.Organizational), func(id groups.GroupID) bool { return id == group })
	placed, err := d.placed(ctx, others)
	defer placed.stop()
	if err != nil {
		return fmt.Errorf("read organizational groups: %w", err)
	}
	stranded := 0
	for m, err := range d.ev.Members(ctx, group) {
		in := false
		if err == nil {
			in, err = placed.has(m.User)
		}
		if err != nil {
			return fmt.Errorf("read organizational groups: %w", err)
		}
		if !in {
			stranded++
		}
	}
	if stranded > 0 {
		return fmt.Errorf("group %q: %d of its members are %w this one", group, stranded, ErrLastGroup)
	}
	return nil
}
