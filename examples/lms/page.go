package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

// A story is an LMS and what is told about it.
type story struct {
	*lms
	w io.Writer
}

// check ends a story that goes another way than it was written.
func check(err error) {
	if err != nil {
		panic(err)
	}
}

// say prints one line.
func (s *story) say(format string, a ...any) { fmt.Fprintf(s.w, format+"\n", a...) }

// lines prints a text of several lines, further in.
func (s *story) lines(text string) {
	for line := range strings.Lines(text) {
		s.say("    %s", strings.TrimSuffix(line, "\n"))
	}
}

// chapter sets the clock, and says what comes.
func (s *story) chapter(at time.Time, title string) {
	s.now = at
	s.say("\n%s  %s", at.Format("Mon 2 Jan 15:04"), strings.ToUpper(title))
}

// name is what a user is called.
func (s *story) name(ctx context.Context, id groups.UserID) string {
	u, err := s.people.User(ctx, id)
	check(err)
	return strings.Join(u.Fields[string(groups.Name)].Texts(), " ")
}

// moves prints what a run did, group by group and cause by cause.
func (s *story) moves(ctx context.Context, run *groups.Run) {
	for _, d := range run.Diffs {
		for _, list := range [][]groups.Change{d.Joined, d.Left, d.Switched} {
			for len(list) > 0 {
				cause, names := list[0].Cause, []string(nil)
				var rest []groups.Change
				for _, c := range list {
					if c.Cause == cause {
						names = append(names, string(c.User))
					} else {
						rest = append(rest, c)
					}
				}
				s.say("  %s: %d %s by %s (%s)", d.Group, len(names), list[0].Kind, cause, strings.Join(names, " "))
				list = rest
			}
		}
	}
	if run.Empty() {
		s.say("  nobody's membership changes")
	}
}

// follow lets the worker catch up, and prints what came of it.
func (s *story) follow(ctx context.Context) {
	enrolled, sent := s.effects.enrollments.count(), len(s.effects.outbox)
	met, again, err := s.settle(ctx)
	check(err)
	text := fmt.Sprintf("  worker: %d changes", met)
	if again > 0 {
		text += fmt.Sprintf(", %d of them done before", again)
	}
	s.say("%s; %+d enrollments, %+d notifications", text, s.effects.enrollments.count()-enrolled, len(s.effects.outbox)-sent)
}

// page prints what a user sees, and what they are enrolled in.
func (s *story) page(ctx context.Context, id groups.UserID) {
	sees, err := s.catalogue.page(ctx, s.ev, id)
	check(err)
	s.say("  %s sees %s; is enrolled in %s", s.name(ctx, id), list(sees), list(s.effects.enrollments.courses(id)))
}

func list(of []string) string {
	if len(of) == 0 {
		return "nothing"
	}
	return strings.Join(of, ", ")
}

// counts prints how many are in a group.
func (s *story) counts(ctx context.Context, id groups.GroupID) {
	g, err := s.store.Group(ctx, id)
	check(err)
	population, members := 0, 0
	for _, err := range s.ev.Population(ctx, id) {
		check(err)
		population++
	}
	for _, err := range s.ev.Members(ctx, id) {
		check(err)
		members++
	}
	s.say("  %s (%s): %d in the population, %d members", g.Name, g.Status, population, members)
}

// preview prints a plan as an administrator looks at it.
func (s *story) preview(ctx context.Context, a admin.Actor, p *groups.Plan) {
	for _, heading := range []admin.Heading{admin.Joined, admin.Left, admin.Kept} {
		lines, err := s.desk.Lines(ctx, a, p, heading, "")
		check(err)
		text := fmt.Sprintf("  preview: %d %s", len(lines), heading)
		for i, l := range lines {
			if i == 3 {
				text += "; ..."
				break
			}
			text += []string{": ", "; "}[min(i, 1)] + l.Person.String()
		}
		s.say("%s", text)
	}
}

// outcomes prints what became of each user of an act.
func (s *story) outcomes(r *admin.Report) {
	for _, o := range r.Outcomes {
		s.say("  %s", o)
	}
}

// held prints what the guard holds.
func (s *story) held(ctx context.Context) []*groups.Plan {
	plans, err := s.ev.Held(ctx)
	check(err)
	for _, p := range plans {
		s.say("  HELD: %s, %d would leave", p.Group.Name, len(p.Diff.Left))
		for _, limit := range p.Hold.Limits {
			s.say("    limit: %s", limit)
		}
		for _, c := range p.Hold.Causes {
			s.say("    cause: %d because %s", c.Count, c.Text)
		}
	}
	if len(plans) == 0 {
		s.say("  nothing is held")
	}
	return plans
}

// audit prints the acts of people, a line each.
func (s *story) audit(ctx context.Context) {
	for act, err := range s.store.Acts(ctx, "", "") {
		check(err)
		line := fmt.Sprintf("%s  %-5s  %-8s  %s", act.At.Format("Mon 15:04"), act.By, act.Do, act.Group)
		if act.User != "" {
			line += " " + string(act.User)
		}
		if act.Why != "" {
			line += fmt.Sprintf(" (%s)", act.Why)
		}
		s.say("  %s", strings.TrimRight(line, " "))
	}
}
