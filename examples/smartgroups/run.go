package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/grouprules/groups"
)

// by is who decides in this program.
const by = "tenant file"

// A result is what became of one job.
type result struct {
	report
	tenant       tenant
	people, next string // what the files are called
	schema       *groups.Schema
	plan         *groups.ImportPlan    // what the next file was going to change
	why          []*groups.Explanation // of one who came in and one who went out
}

// work does the whole job: read everything, set up the groups, import the people, and then the
// changed people. It returns all problems it can find, and a result only if there are none.
func work(ctx context.Context, in input) (*result, problems) {
	var data []byte
	bad := in.with(in.tenant, func(file io.Reader) (err error) {
		data, err = io.ReadAll(file)
		return err
	})
	if len(bad) > 0 {
		return nil, bad
	}
	t, bad, ready := readTenant(data)
	var p problems
	if p.of(in.tenant, bad); !ready {
		p.of(in.tenant, t.misspelt())
		return nil, p
	}
	out := &result{tenant: t, people: in.label(in.people), next: in.label(in.next)}
	out.Findings = []groups.Finding{}
	f, bad := out.readFiles(&in)
	if p = append(p, bad...); len(bad) > 0 {
		p.of(in.tenant, t.misspelt())
		return nil, p
	}

	store := groups.NewMemory()
	options := &groups.Options{Now: t.clockwork(), Zone: t.zone, Exclusions: true} // both guards as they come
	if t.guard == guardOff {
		options.Guard, options.FeedGuard = &groups.Guard{}, &groups.FeedGuard{}
	}
	ev := groups.NewEvaluator(store, store, options)
	j := &job{result: out, ev: ev, store: store}
	// Rules are checked against the fields that the people have, so that these come first; the
	// people themselves come in when the groups stand, and the plan can name those it touches.
	if err := j.learnFields(ctx, f.first); err != nil {
		p.of(in.people, lines(err))
		p.of(in.tenant, t.misspelt())
		return nil, p
	}
	p.of(in.tenant, j.saveGroups(ctx))
	if len(p) > 0 {
		return nil, p
	}

	plan, run, err := j.importPeople(ctx, f.first, out.people)
	if err != nil {
		p.of(in.people, lines(err))
		return nil, p
	}
	out.Import = figuresOf(plan)
	if out.Groups, err = j.groupsNow(ctx, run); err != nil {
		return nil, lines(err)
	}
	if f.next != nil {
		plan, run, err := j.importPeople(ctx, f.next, out.next)
		if err != nil {
			p.of(in.next, lines(err))
			return nil, p
		}
		out.plan = plan
		out.Next = &nextReport{figuresOf(plan), changesOf(run, t.groups), heldOf(run, t.groups)}
		if out.why, err = j.explainOneEach(ctx, run); err != nil {
			return nil, lines(err)
		}
	}
	return out, nil
}

// A job is a result in the making.
type job struct {
	*result
	ev    *groups.Evaluator
	store *groups.Memory
}

// clockwork is the clock: that of the tenant file, or the wall's.
func (t *tenant) clockwork() func() time.Time {
	if t.now.IsZero() {
		return time.Now
	}
	return func() time.Time { return t.now }
}

// learnFields takes in the fields of a people file, and nobody of it.
func (j *job) learnFields(ctx context.Context, f *groups.PeopleFile) error {
	plan, err := j.ev.PlanImport(ctx, f)
	if err != nil {
		return err
	}
	if err := j.store.Write(ctx, groups.PeopleChange{Schema: plan.People.Schema}); err != nil {
		return err
	}
	j.schema, err = j.store.Schema(ctx)
	return err
}

// saveGroups checks and creates the groups. They are born inactive, as in Docebo, and turned on once
// everybody is in or kept out by hand, so that nobody comes and goes while they are set up.
func (j *job) saveGroups(ctx context.Context) (p problems) {
	for i := range j.tenant.groups {
		g := &j.tenant.groups[i]
		if g.rule != nil {
			var err error
			g.Criteria, err = j.schema.ParseCriteria(g.rule)
			p.criteria(g.at+"/criteria", err)
			g.bad = g.bad || err != nil
		}
		if g.bad {
			continue
		}
		saved, err := j.save(ctx, g)
		if ring, ok := errors.AsType[*groups.CycleError](err); ok {
			p.err(g.at+"/criteria", ring)
			continue
		}
		p.err(g.at, err)
		g.Group = saved
	}
	return p
}

func (j *job) save(ctx context.Context, g *tenantGroup) (groups.Group, error) {
	wanted := g.Group
	asleep := wanted
	asleep.Status = groups.Inactive
	saved, err := j.ev.Save(ctx, asleep, by)
	if err != nil {
		return wanted, err
	}
	if len(g.assigned) > 0 {
		if _, err := j.ev.Assign(ctx, g.ID, groups.Decision{By: by}, g.assigned...); err != nil {
			return wanted, err
		}
	}
	if len(g.excluded) > 0 {
		if _, err := j.ev.Exclude(ctx, g.ID, groups.Decision{By: by}, g.excluded...); err != nil {
			return wanted, err
		}
	}
	if wanted.Status == groups.Inactive {
		return saved, nil
	}
	wanted.Revision = saved.Revision
	return j.ev.Save(ctx, wanted, by)
}

// importPeople works out what a file changes, and changes it. A file that the feed guard refuses changes
// nothing; the run then says what the removal guard would have held as well. What is wrong with the data
// goes to the findings.
func (j *job) importPeople(ctx context.Context, f *groups.PeopleFile, file string) (*groups.ImportPlan, *groups.Run, error) {
	plan, err := j.ev.PlanImport(ctx, f)
	if err != nil {
		return nil, nil, err
	}
	refused := len(plan.Objections) > 0
	run := &groups.Run{Held: plan.Run.Held, Findings: plan.Run.Findings}
	if !refused {
		if run, err = j.ev.Import(ctx, plan, by); err != nil {
			return nil, nil, err
		}
	}
	for _, o := range plan.Objections {
		j.Findings = append(j.Findings, groups.Finding{Code: "feedGuard", Where: subject(o) + ", " + file, Text: o.Text})
	}
	j.issues(file, plan.Issues)
	for _, found := range slices.Concat(plan.Findings, run.Findings) {
		where := found.Where
		if found.Pointer != "" {
			where = fmt.Sprintf("group %s %s", found.Group, j.fromRoot(found))
		}
		j.Findings = append(j.Findings, groups.Finding{Code: found.Code, Where: where + ", " + file, Text: found.Text})
	}
	if refused {
		return plan, run, nil
	}
	return plan, run, j.strangers(ctx, file)
}

// subject is what an objection of the feed guard is about.
func subject(o groups.FeedObjection) string {
	switch {
	case o.Column != "":
		return "column " + o.Column
	case o.Tree != "":
		return "tree " + string(o.Tree)
	case o.Code == "blanked":
		return "enrollments"
	}
	return "people"
}

// fromRoot is the pointer of a finding about a rule, from the root of the tenant file.
func (r *result) fromRoot(f groups.Finding) string {
	for _, g := range r.tenant.groups {
		if g.ID == f.Group {
			return g.at + "/criteria" + f.Pointer
		}
	}
	return f.Pointer
}

// strangers finds users whom the tenant file puts in a group, or keeps out, and who do not exist.
func (j *job) strangers(ctx context.Context, file string) error {
	find := func(where string, ids []groups.UserID) error {
		for i, id := range ids {
			if _, err := j.store.User(ctx, id); err == nil {
				continue
			} else if !errors.Is(err, groups.ErrNotFound) {
				return err
			}
			j.Findings = append(j.Findings, groups.Finding{
				Code:  "unknownUser",
				Where: fmt.Sprintf("%s/%d, %s", where, i, file),
				Text:  fmt.Sprintf("user %q is not among the people, and this counts as soon as they are", id),
			})
		}
		return nil
	}
	for _, g := range j.tenant.groups {
		where := fmt.Sprintf("group %s %s", g.ID, g.at)
		if err := errors.Join(find(where+"/assignments", g.assigned), find(where+"/exclusions", g.excluded)); err != nil {
			return err
		}
	}
	return nil
}

// groupsNow reads who is in which group, as a page of an LMS would.
func (j *job) groupsNow(ctx context.Context, run *groups.Run) ([]groupReport, error) {
	all := []groupReport{}
	for _, g := range j.tenant.groups {
		r := groupReport{ID: g.ID, Status: g.Status.String(), Population: []groups.Member{}, Members: []groups.Member{}, Undecided: []groups.UserID{}}
		for m, err := range j.ev.Population(ctx, g.ID) {
			if err != nil {
				return nil, err
			}
			r.Population = append(r.Population, m)
		}
		for m, err := range j.ev.Members(ctx, g.ID) {
			if err != nil {
				return nil, err
			}
			r.Members = append(r.Members, m)
		}
		if diff, ok := run.Diff(g.ID); ok {
			for _, u := range diff.Undecided {
				r.Undecided = append(r.Undecided, u.User)
			}
		}
		all = append(all, r)
	}
	return all, nil
}

// explainOneEach explains the first user who came into a group and the first who left one.
func (j *job) explainOneEach(ctx context.Context, run *groups.Run) ([]*groups.Explanation, error) {
	var why []*groups.Explanation
	for _, kind := range []groups.ChangeKind{groups.Joined, groups.Left} {
		for _, g := range j.tenant.groups {
			diff, _ := run.Diff(g.ID)
			moved := diff.Joined
			if kind == groups.Left {
				moved = diff.Left
			}
			if len(moved) == 0 {
				continue
			}
			x, err := j.ev.Explain(ctx, g.ID, moved[0].User)
			if err != nil {
				return nil, err
			}
			why = append(why, x)
			break
		}
	}
	return why, nil
}
