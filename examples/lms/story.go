package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

// monday is when the story begins.
var monday = time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)

// at is an hour of a day of the week.
func at(day, hour, minute int) time.Time {
	return time.Date(2026, time.March, 2+day, hour, minute, 0, 0, time.UTC)
}

var (
	anna  = admin.Administrator("anna")
	boris = admin.Administrator("boris")
	tilda = admin.Administrator("tilda") // a tutor
)

// tell tells the story to w, and returns the LMS as it then is.
func tell(ctx context.Context, w io.Writer) (l *lms, err error) {
	defer func() {
		if e, is := recover().(error); is {
			err = e
		}
	}()
	s := &story{newLMS(monday), w}
	check(s.open(ctx))
	s.say("A week at Brookside Wind, an invented company, and its LMS.")
	s.peopleArrive(ctx)
	s.aGroupIsPrepared(ctx)
	s.itIsActivated(ctx)
	backup := s.worker.cursor
	s.theRuleIsEdited(ctx)
	s.aTutorActs(ctx)
	s.aCourseIsCompleted(ctx)
	s.theWorkerIsRestarted(ctx, backup)
	s.aPowerUserOwnsAGroup(ctx)
	s.theNightComes(ctx)
	s.aColumnIsBlank(ctx)
	s.titlesSlip(ctx)
	s.theyWereRight(ctx)
	s.maintenance(ctx)
	s.somebodyIsForgotten(ctx)
	s.chapter(at(4, 17, 0), "What people did, as the audit has it")
	s.audit(ctx)
	return s.lms, nil
}

func (s *story) peopleArrive(ctx context.Context) {
	s.chapter(at(0, 9, 0), "The people come in")
	plan, err := s.planImport(ctx, peopleCSV)
	check(err)
	_, err = s.importPlanned(ctx, plan, "hr feed")
	check(err)
	s.say("  personnel's file: %d new people", len(plan.New))
}

func (s *story) aGroupIsPrepared(ctx context.Context) {
	s.chapter(at(0, 9, 30), "Anna prepares a group")
	_, _, err := s.desk.Create(ctx, anna, groups.Group{
		ID: "field", Name: "Field crew", Kind: groups.AutomaticGroup, Deactivated: groups.DropAutomatic,
		Criteria: groups.AnySets(groups.All(JobTitle.Contains("technician"))),
	})
	check(err)
	s.say("  Members of it see, and are enrolled in, %q. A new group is inactive: nothing happens yet.", ladder)
	s.counts(ctx, "field")
	s.follow(ctx)
	s.page(ctx, "u01")
}

func (s *story) itIsActivated(ctx context.Context) {
	s.chapter(at(0, 10, 0), "She turns it on")
	run, err := s.desk.Activate(ctx, anna, "field", 1)
	check(err)
	s.moves(ctx, run)
	s.follow(ctx)
	s.counts(ctx, "field")
	s.page(ctx, "u01")
	n := s.effects.outbox[0]
	u, err := s.people.User(ctx, n.user)
	check(err)
	g, err := s.store.Group(ctx, n.group)
	check(err)
	s.say("  the first notification: to %v: \"%s, you are in the group %s now.\"", u.Fields["email"], s.name(ctx, n.user), g.Name)
}

func (s *story) theRuleIsEdited(ctx context.Context) {
	s.chapter(at(0, 11, 0), "Anna and Boris edit the rule at the same time")
	edit, err := s.store.Group(ctx, "field")
	check(err)
	late := edit
	edit.Criteria = groups.AnySets(groups.All(JobTitle.Contains("technician", "inspector")))
	plan, err := s.ev.Preview(ctx, edit, nil)
	check(err)
	s.say("  Anna: %s", plan.Group.Criteria)
	s.preview(ctx, anna, plan)
	s.now = at(0, 11, 5)
	run, err := s.desk.Publish(ctx, anna, plan)
	check(err)
	s.say("  She publishes exactly that:")
	s.moves(ctx, run)
	s.follow(ctx)

	s.now = at(0, 11, 10)
	late.Criteria = groups.AnySets(groups.All(JobTitle.Contains("technician"), Office.IsNot("Turku")))
	_, _, err = s.desk.Save(ctx, boris, late, "")
	conflict, is := errors.AsType[*groups.ConflictError](err)
	if !is {
		check(fmt.Errorf("boris is not refused: %v", err))
	}
	s.say("  Boris is refused: %s saved the group at %s. Nothing of his edit is written.", conflict.By, conflict.At.Format("15:04"))

	s.say("  He begins again, to have boatswains in; before he publishes, a tutor puts one of them in by hand:")
	edit, err = s.store.Group(ctx, "field")
	check(err)
	edit.Criteria = groups.AnySets(groups.All(JobTitle.Contains("technician", "inspector", "boatswain")))
	plan, err = s.ev.Preview(ctx, edit, nil)
	check(err)
	s.preview(ctx, boris, plan)
	s.now = at(0, 11, 20)
	r, err := s.desk.Assign(ctx, tilda, "field", admin.Users("u23"), admin.Terms{Why: "helps out"})
	check(err)
	s.outcomes(r)
	s.now = at(0, 11, 30)
	_, err = s.desk.Publish(ctx, boris, plan)
	if !errors.Is(err, groups.ErrStale) {
		check(fmt.Errorf("a stale plan is not refused: %v", err))
	}
	s.say("  Boris is refused: %v", err)
	s.follow(ctx)
}

func (s *story) aTutorActs(ctx context.Context) {
	s.chapter(at(0, 13, 0), "A tutor puts people in, and takes people out")
	r, err := s.desk.Assign(ctx, tilda, "field",
		admin.Named{Texts: []string{"nils@brookside.example", "u01", "niels@brookside.example"}}, admin.Terms{Why: "climbs on Thursday"})
	check(err)
	s.outcomes(r)
	s.follow(ctx)
	s.page(ctx, "u14")
	s.now = at(0, 15, 0)
	s.say("  He does not climb after all:")
	r, err = s.desk.TakeOut(ctx, tilda, "field", admin.Users("u14", "u02"))
	check(err)
	s.outcomes(r)
	s.follow(ctx)
	s.page(ctx, "u14")
	s.say("  Ada is in by the rule and by hand; by the rule alone is a switch, of which nobody hears:")
	r, err = s.desk.RemoveManual(ctx, tilda, "field", admin.Users("u01"))
	check(err)
	s.outcomes(r)
	s.follow(ctx)
}

func (s *story) aCourseIsCompleted(ctx context.Context) {
	s.chapter(at(0, 16, 0), "A completed course leads to another")
	_, run, err := s.desk.Create(ctx, anna, groups.Group{
		ID: "certified", Name: "Certified climbers", Kind: groups.AutomaticGroup, Status: groups.Active,
		Criteria: groups.AnySets(groups.All(groups.Courses(ladder).Are(groups.Completed))),
	})
	check(err)
	s.say("  A new group is for those who have completed %q:", ladder)
	s.moves(ctx, run)
	s.now = at(0, 16, 30)
	s.say("  Ada and Cleo complete %q:", ladder)
	for _, user := range []groups.UserID{"u01", "u03"} {
		run, err := s.complete(ctx, user, ladder)
		check(err)
		s.moves(ctx, run)
	}
	s.follow(ctx)
	s.page(ctx, "u01")
	x, err := s.ev.Explain(ctx, "certified", "u01")
	check(err)
	s.say("  why?")
	s.lines(x.String())
}

func (s *story) theWorkerIsRestarted(ctx context.Context, cursor string) {
	s.chapter(at(0, 18, 0), "The worker is restarted with this morning's cursor")
	s.worker = &worker{feed: s.store, effects: s.effects, cursor: cursor}
	s.follow(ctx)
}

func (s *story) aPowerUserOwnsAGroup(ctx context.Context) {
	s.chapter(at(0, 19, 0), "A power user's group holds her own people")
	scope, err := s.people.Scope(ctx, "petra")
	check(err)
	petra := admin.Actor{By: "petra", Scope: scope, Sees: admin.Resources{Groups: []groups.GroupID{"petras"}}}
	_, run, err := s.desk.Create(ctx, petra, groups.Group{
		ID: "petras", Name: "Petra's people", Kind: groups.AutomaticGroup, Status: groups.Active,
		Criteria: groups.AnySets(groups.All(groups.Everyone{})),
	})
	check(err)
	s.say("  Petra's office is Lund. Her rule is \"everyone\":")
	s.moves(ctx, run)
	s.follow(ctx)
	s.say("  Rosa works in Bergen. To Petra she is not there, and the rule leaves her out:")
	r, err := s.desk.Assign(ctx, petra, "petras", admin.Users("u18"), admin.Terms{})
	check(err)
	s.outcomes(r)
	x, err := s.ev.Explain(ctx, "petras", "u18")
	check(err)
	s.lines(x.String())
	s.say("  Petra gets the office in Turku as well:")
	s.now = at(0, 19, 30)
	s.people.offices["petra"] = []string{"Lund", "Turku"}
	run, err = s.ev.Changed(ctx, groups.Touched{Owners: []string{"petra"}})
	check(err)
	s.moves(ctx, run)
	s.follow(ctx)
}

func (s *story) theNightComes(ctx context.Context) {
	s.chapter(at(0, 20, 0), "A nightly group waits for the night")
	_, run, err := s.desk.Create(ctx, anna, groups.Group{
		ID: "newcomers", Name: "Newcomers", Kind: groups.AutomaticGroup, Status: groups.Active,
		Criteria: groups.AnySets(groups.All(Hired.InLast(30, groups.Days))),
		Schedule: groups.Schedule{Every: 24 * time.Hour, Shift: 2 * time.Hour},
	})
	check(err)
	s.moves(ctx, run)
	due, next, err := s.ev.Due(ctx)
	check(err)
	s.say("  due now: %d groups; the next is due on %s", len(due), next.Format("Mon 2 Jan 15:04"))
	s.chapter(next, "The timer rings")
	due, _, err = s.ev.Due(ctx)
	check(err)
	run, err = s.tick(ctx)
	check(err)
	s.say("  due now: %v", due)
	s.moves(ctx, run)
	s.follow(ctx)
	s.page(ctx, "u10")
}

func (s *story) aColumnIsBlank(ctx context.Context) {
	s.chapter(at(1, 6, 0), "Personnel's file comes without job titles")
	plan, err := s.planImport(ctx, without(peopleCSV, "job_title"))
	check(err)
	_, err = s.importPlanned(ctx, plan, "hr feed")
	refused, is := errors.AsType[*groups.FeedError](err)
	if !is {
		check(fmt.Errorf("the file is not refused: %v", err))
	}
	s.say("  refused, nothing is written:")
	for _, o := range refused.Objections {
		s.say("    %s", o)
	}
}

// slipped is a file of people in which technicians are called operatives.
var slipped = strings.NewReplacer("Turbine technician", "Operative II", "Senior technician", "Operative I").Replace(peopleCSV)

// moved is the file as it should be: Dag and Zeno have left, and Vera is an inspector now.
var moved = strings.NewReplacer(
	"u04,Dag Holm,dag@brookside.example,Turbine technician,Bergen,2021-06-21\n", "",
	"u26,Zeno Lock,zeno@brookside.example,Buyer,Bergen,2026-02-23\n", "",
	"vera@brookside.example,Driver", "vera@brookside.example,Inspector").Replace(peopleCSV)

func (s *story) titlesSlip(ctx context.Context) {
	s.chapter(at(1, 9, 0), "The next file calls technicians something else")
	s.upload(ctx, slipped)
	s.held(ctx)
	s.follow(ctx)
	s.page(ctx, "u02")
	x, err := s.ev.Explain(ctx, "field", "u02")
	check(err)
	s.lines(x.String())

	s.chapter(at(1, 10, 0), "Personnel puts it right")
	s.upload(ctx, moved)
	s.held(ctx)
	s.follow(ctx)
	s.page(ctx, "u22")
	s.page(ctx, "u04")
}

func (s *story) theyWereRight(ctx context.Context) {
	s.chapter(at(2, 6, 0), "On Wednesday the new titles are meant")
	s.upload(ctx, strings.NewReplacer("Turbine technician", "Operative II").Replace(moved))
	s.now = at(2, 8, 0)
	for _, p := range s.held(ctx) {
		s.say("  Boris approves exactly that:")
		run, err := s.ev.Approve(ctx, p, "boris")
		check(err)
		s.moves(ctx, run)
		run, err = s.ev.Approve(ctx, p, "anna")
		check(err)
		s.say("  Anna approves it, too; it is done already:")
		s.moves(ctx, run)
	}
	s.follow(ctx)
	s.page(ctx, "u02")
}

// upload is an upload that is shown, and then done.
func (s *story) upload(ctx context.Context, file string) {
	plan, err := s.planImport(ctx, file)
	check(err)
	s.say("  the file: %d new, %d changed, %d missing people; it will change:", len(plan.New), len(plan.Changed), len(plan.Missing))
	s.moves(ctx, plan.Run)
	_, err = s.importPlanned(ctx, plan, "hr feed")
	check(err)
}

func (s *story) maintenance(ctx context.Context) {
	s.chapter(at(3, 9, 0), "The field crew is turned off for maintenance")
	g, err := s.store.Group(ctx, "field")
	check(err)
	run, err := s.desk.Inactivate(ctx, anna, "field", g.Revision)
	check(err)
	s.moves(ctx, run)
	s.follow(ctx)
	s.counts(ctx, "field")
	s.page(ctx, "u03")
}

func (s *story) somebodyIsForgotten(ctx context.Context) {
	s.chapter(at(4, 16, 0), "Zeno Lock, who left on Tuesday, wants to be forgotten")
	s.page(ctx, "u26")
	s.say("  what is there of Zeno: enrollments %d, notifications %d, entries of the feed %d",
		len(s.effects.enrollments.courses("u26")), s.notified("u26"), s.entries(ctx, "u26"))
	check(s.forget(ctx, "u26", "anna"))
	s.say("  what is there of Zeno: enrollments %d, notifications %d, entries of the feed %d",
		len(s.effects.enrollments.courses("u26")), s.notified("u26"), s.entries(ctx, "u26"))
}

// notified is how many notifications there are for a user.
func (l *lms) notified(user groups.UserID) (n int) {
	for _, sent := range l.effects.outbox {
		if sent.user == user {
			n++
		}
	}
	return n
}

// entries is how many entries of the feed are about a user.
func (l *lms) entries(ctx context.Context, user groups.UserID) (n int) {
	for c, err := range l.store.Changes(ctx, "") {
		check(err)
		if c.User == user {
			n++
		}
	}
	return n
}

// without is a file in which the cells of one column are blank.
func without(file, column string) string {
	var out strings.Builder
	at := -1
	for line := range strings.Lines(file) {
		cells := strings.Split(line, ",")
		if at < 0 {
			for at = range cells {
				if cells[at] == column {
					break
				}
			}
		} else {
			cells[at] = ""
		}
		out.WriteString(strings.Join(cells, ","))
	}
	return out.String()
}
