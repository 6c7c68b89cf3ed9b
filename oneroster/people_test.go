package oneroster_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/oneroster"
)

// own is a bundle under testdata.
func own(t testing.TB, name string) bundle {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "own", name, "*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	b := bundle{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b[strings.TrimSuffix(filepath.Base(file), ".csv")] = string(text)
	}
	return b
}

func grades() map[string]groups.Field {
	return map[string]groups.Field{
		"users.grades":     {Name: "grade", Type: groups.TypeMultiChoice},
		"demographics.sex": {Name: "sex", Type: groups.TypeChoice},
	}
}

func TestWhatABulkBecomes(t *testing.T) {
	s := newSchool(t)
	p := s.take(t, own(t, "bulk-1.1"), &oneroster.Options{Agents: []string{"Teacher"}, Fields: grades(), EndCompletes: true})
	want := []string{
		`org district in "" "Fjord District"`,
		`org north in "district" "North School"`,
		`org science in "north" "Science Department"`,
		`org south in "district" "South School"`,
		`u1 active email=tove@example.org name=Tove Berg role=teacher username=tove org:north|science under "" class:bio1/teacher/2027-06-18`,
		`u2 active email=ulf@example.org name=Ulf Dahl role=teacher username=ulf org:south under "" class:art1/teacher/2027-06-18`,
		`u3 active email=vera@example.org grade=09 name=Vera Lund role=student sex=female username=vera org:north under "u1" class:bio1/student/2027-06-18`,
		`u4 active grade=09|10 name=Wim Vik role=student sex=male username=wim org:north|south under "u1" class:art1/student/2027-06-18 class:bio2/student/2026-10-02`,
		`u5 deactivated email=xenia@example.org grade=10 name=Xenia Ås role=student username=xenia org:south under "" class:art1/student/2027-06-18`,
		`u6 active email=yngve@example.org name=Yngve Lund role=guardian username=yngve org:north under ""`,
		`u7 active email=zoe@example.org name=Zoë O'Neil, PhD role=administrator username=zoe org:district under ""`,
	}
	if diff := cmp.Diff(want, s.people(t)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if len(p.Issues)+len(p.Findings) > 0 {
		t.Errorf("%v %v", p.Issues, p.Findings)
	}
}

// West is new, south has another name, science is gone; u1 is out of it, u5 is gone, u8 is new; u4 leaves a class
// and u3 is in one more.
func TestWhatADeltaBecomes(t *testing.T) {
	for _, c := range []struct {
		missing groups.MissingUsers
		u5      []string
	}{
		{groups.KeepMissing, []string{`u5 deactivated email=xenia@example.org name=Xenia Ås role=student username=xenia org:south under ""`}},
		{groups.DeactivateMissing, []string{`u5 deactivated email=xenia@example.org name=Xenia Ås role=student username=xenia org:south under ""`}},
		{groups.RemoveMissing, nil},
	} {
		t.Run(c.missing.String(), func(t *testing.T) {
			s := newSchool(t)
			o := &oneroster.Options{Agents: []string{"teacher"}, Missing: c.missing}
			s.take(t, own(t, "bulk-1.1"), o)
			s.take(t, own(t, "delta-1.1"), o)
			want := []string{
				`org district in "" "Fjord District"`,
				`org north in "district" "North School"`,
				`org south in "district" "South and East School"`,
				`org west in "district" "West School"`,
				`u1 active email=tove@example.org name=Tove Berg-Moe role=teacher username=tove org:north under "" class:bio1/teacher`,
				`u2 active email=ulf@example.org name=Ulf Dahl role=teacher username=ulf org:south under "" class:art1/teacher`,
				`u3 active email=vera@example.org name=Vera Lund role=student username=vera org:north under "u1" class:bio1/student class:bio2/student`,
				`u4 active name=Wim Vik role=student username=wim org:north|south under "u1" class:bio2/student`,
			}
			want = append(append(want, c.u5...),
				`u6 active email=yngve@example.org name=Yngve Lund role=guardian username=yngve org:north under ""`,
				`u7 active email=zoe@example.org name=Zoë O'Neil, PhD role=administrator username=zoe org:district under ""`,
				`u8 active email=astrid@example.org name=Astrid Moe role=student username=astrid org:west under "u1" class:art2/student`)
			if diff := cmp.Diff(want, s.people(t)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestWhatRolesBecome(t *testing.T) {
	s := newSchool(t)
	b, err := oneroster.ReadZip(zipped(t, own(t, "bulk-1.2")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ev.Import(t.Context(), s.plan(t, b), "ann"); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`u1 active email=tove@example.org name=Tove Berg primaryRole=teacher role=counselor|teacher username=tove org:north|science class:bio1/teacher`,
		`u2 active email=ulf@example.org name=Ulf Dahl primaryRole=teacher role=teacher username=ulf org:south class:art1/teacher`,
		`u3 active email=vera@example.org name=Vera Lund primaryRole=student role=student username=vera org:north class:bio1/student`,
		`u4 active name=Wim Vik primaryRole=student role=student username=wim org:north|south class:art1/student class:bio2/student`,
		`u5 deactivated email=xenia@example.org name=Xenia Ås primaryRole=student role=student username=xenia org:south class:art1/student`,
		`u6 active email=yngve@example.org name=Yngve Lund primaryRole=guardian role=guardian username=yngve org:north`,
		`u7 active email=zoe@example.org name=Zoë O'Neil, PhD primaryRole=districtAdministrator role=districtAdministrator|teacher username=zoe org:district|south`,
	}
	if diff := cmp.Diff(want, s.people(t)[4:]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// small is a bulk with one of everything.
func small() bundle {
	return bundle{
		"manifest":    "propertyName,value\noneroster.version,1.1\nfile.orgs,bulk\nfile.users,bulk\nfile.enrollments,bulk\nfile.classes,bulk\n",
		"orgs":        "sourcedId,name,type,parentSourcedId\nd,District,district,\nn,North,school,d\n",
		"users":       "sourcedId,enabledUser,orgSourcedIds,role,username,agentSourcedIds\nt,true,n,teacher,t,\np,true,n,student,p,t\n",
		"classes":     "sourcedId,courseSourcedId\nbio1,bio\nbio2,bio\n",
		"enrollments": "sourcedId,classSourcedId,userSourcedId,role\ne1,bio1,t,teacher\ne2,bio1,p,student\n",
	}
}

// delta returns the manifest with those files as delta, and the others absent.
func deltaOf(names ...string) string {
	out := "propertyName,value\noneroster.version,1.1\n"
	for _, name := range names {
		out += "file." + name + ",delta\n"
	}
	return out
}

func TestWhatIsMappedAsTheCallerSays(t *testing.T) {
	n := `org n in "d" "North"`
	for _, c := range []struct {
		why    string
		in     bundle
		o      oneroster.Options
		want   []string // some of the lines
		issues []string
	}{
		{"a tree for each type", small(), oneroster.Options{Tree: "site", Trees: map[string]groups.Tree{"District": "district"}},
			[]string{`district d in "" "District"`, `site n in "" "North"`, `p active role=student username=p district: site:n class:bio1/student`}, nil},
		{"courses", small(), oneroster.Options{Courses: oneroster.AsCourses},
			[]string{n, `p active role=student username=p org:n course:bio/student`}, nil},
		{"both", small(), oneroster.Options{Courses: oneroster.AsBoth},
			[]string{`p active role=student username=p org:n class:bio1/student course:bio/student`}, nil},
		{"a class of no course", small().with("classes", "sourcedId,courseSourcedId\n"), oneroster.Options{Courses: oneroster.AsBoth},
			[]string{`p active role=student username=p org:n class:bio1/student ...`}, []string{"enrollments.csv classSourcedId dangling", "enrollments.csv classSourcedId dangling"}},
		{"agents are nobody's manager unless the caller says so", small(), oneroster.Options{},
			[]string{`p active role=student username=p org:n class:bio1/student`}, nil},
		{"the one agent who is a teacher", small(), oneroster.Options{Agents: []string{"teacher"}},
			[]string{`p active role=student username=p org:n under "t" class:bio1/student`, `t active role=teacher username=t org:n under "" class:bio1/teacher`}, nil},
		{"no agent is a parent", small(), oneroster.Options{Agents: []string{"parent"}},
			[]string{`p active role=student username=p org:n under "" class:bio1/student`}, nil},
		{"two agents are teachers", small().with("users", "sourcedId,role,agentSourcedIds\nt,teacher,\np,student,\"t,t2\"\nt2,teacher,\n"), oneroster.Options{Agents: []string{"teacher"}},
			[]string{`p active role=student class:bio1/student`}, []string{"users.csv agentSourcedIds ambiguous"}},
		{"an agent whom nobody knows", small().with("users", "sourcedId,role,agentSourcedIds\nt,teacher,\np,student,\"t,x\"\n"), oneroster.Options{Agents: []string{"teacher"}},
			[]string{`p active role=student class:bio1/student`}, []string{"users.csv agentSourcedIds ambiguous", "users.csv agentSourcedIds dangling"}},
		{"roles in another case", small().with("users", "sourcedId,role\np,STUDENT\nt,ext:coach\n"), oneroster.Options{},
			[]string{`p active role=student class:bio1/student`, `t active role=ext:coach class:bio1/teacher`}, nil},
		{"what no bool says is unknown", small().with("users", "sourcedId,enabledUser,role\np,perhaps,student\nt,,teacher\n"), oneroster.Options{},
			[]string{`p unknown role=student class:bio1/student`, `t active role=teacher class:bio1/teacher`}, []string{"users.csv enabledUser badValue"}},
		{"a user who is tobedeleted is not there", small().with("users", "sourcedId,status,role\np,tobedeleted,student\nt,active,teacher\n"), oneroster.Options{},
			[]string{`t active role=teacher class:bio1/teacher`}, []string{"enrollments.csv userSourcedId dangling"}},
		{"an odd status removes nobody", small().with("users", "sourcedId,status,role\np,inactive,student\nt,active,teacher\n"), oneroster.Options{},
			[]string{`p active role=student class:bio1/student`}, []string{"users.csv status badValue"}},
		{"an org that is not there", small().with("users", "sourcedId,orgSourcedIds\np,nowhere\nt,n\n"), oneroster.Options{},
			[]string{`p active org:nowhere class:bio1/student`}, []string{"users.csv orgSourcedIds dangling"}},
		{"of two roles in one class the latest", small().with("enrollments", "sourcedId,dateLastModified,classSourcedId,userSourcedId,role\ne1,2026-09-02,bio1,p,aide\ne2,2026-09-01,bio1,p,student\n"), oneroster.Options{},
			[]string{`p active role=student username=p org:n class:bio1/aide`}, nil},
		{"a date that is none is unknown", small().with("users", "sourcedId,birth\np,soon\nt,2001-02-03\n"), oneroster.Options{Fields: map[string]groups.Field{"users.birth": {Name: "birth", Type: groups.TypeDate}}},
			[]string{`p active class:bio1/student`, `t active birth=2001-02-03 class:bio1/teacher`}, []string{"users.csv birth badValue"}},
		{"absent files say nothing", bundle{"manifest": "propertyName,value\noneroster.version,1.1\nfile.users,bulk\n", "users": "sourcedId\np\n"}, oneroster.Options{},
			[]string{`p active ...`}, nil},
	} {
		t.Run(c.why, func(t *testing.T) {
			s := newSchool(t)
			p := s.take(t, c.in, &c.o)
			got := s.people(t)
			for _, line := range c.want {
				if !strings.Contains("\n"+strings.Join(got, "\n")+"\n", "\n"+line+"\n") {
					t.Errorf("there is no\n%s\nin\n%s", line, strings.Join(got, "\n"))
				}
			}
			var issues []string
			for _, i := range p.Issues {
				issues = append(issues, i.Column+" "+i.Code)
			}
			if diff := cmp.Diff(c.issues, issues); diff != "" {
				t.Errorf("issues (-want +got)\n%s", diff)
			}
		})
	}
}

// What a delta does not say stays as it is.
func TestWhatADeltaDoesNotSayStays(t *testing.T) {
	fields := map[string]groups.Field{"demographics.sex": {Name: "sex", Type: groups.TypeChoice}}
	bulk := bundle{
		"manifest":     "propertyName,value\noneroster.version,1.2\nfile.orgs,bulk\nfile.users,bulk\nfile.roles,bulk\nfile.demographics,bulk\n",
		"orgs":         "sourcedId,name,type,parentSourcedId\nd,District,district,\nn,North,school,d\n",
		"users":        "sourcedId,enabledUser,username,agentSourcedIds\nt,true,t,\np,true,p,t\n",
		"roles":        "sourcedId,userSourcedId,roleType,role,orgSourcedId\nr1,t,primary,teacher,n\nr2,p,primary,student,n\n",
		"demographics": "sourcedId,sex\np,female\n",
	}
	o := &oneroster.Options{Agents: []string{"teacher"}, Fields: fields, Missing: groups.RemoveMissing}
	for _, c := range []struct {
		why    string
		in     bundle
		p      string // p afterwards
		issues []string
	}{
		{"a user without roles and demographics keeps them", bundle{"manifest": deltaOf("users", "roles", "demographics"), "users": "sourcedId,enabledUser,username,agentSourcedIds\np,true,q,t\n", "roles": "sourcedId,userSourcedId,roleType,role,orgSourcedId\n", "demographics": "sourcedId,sex\n"},
			`p active primaryRole=student role=student sex=female username=q org:n under "t"`, nil},
		{"a role is one more", bundle{"manifest": deltaOf("users", "roles"), "users": "sourcedId,enabledUser,username\np,true,p\n", "roles": "sourcedId,userSourcedId,roleType,role,orgSourcedId\nr3,p,secondary,aide,d\n"},
			`p active primaryRole=student role=aide|student sex=female username=p org:d|n under "t"`, nil},
		{"a role that is taken away stays until a bulk", bundle{"manifest": deltaOf("users", "roles"), "users": "sourcedId,enabledUser,username\np,true,p\n", "roles": "sourcedId,status,userSourcedId,roleType,role,orgSourcedId\nr2,tobedeleted,p,primary,student,n\n"},
			`p active primaryRole=student role=student sex=female username=p org:n under "t"`, []string{"roles.csv needsBulk"}},
		{"a role without its user waits for a bulk", bundle{"manifest": deltaOf("roles"), "roles": "sourcedId,userSourcedId,roleType,role,orgSourcedId\nr3,p,secondary,aide,d\n"},
			`p active primaryRole=student role=student sex=female username=p org:n under "t"`, []string{"roles.csv needsBulk"}},
		{"the roles of agents are those that are stored", bundle{"manifest": deltaOf("users"), "users": "sourcedId,enabledUser,username,agentSourcedIds\np,false,p,t\n"},
			`p deactivated primaryRole=student role=student sex=female username=p org:n under "t"`, nil},
		{"nobody is missing", bundle{"manifest": deltaOf("users"), "users": "sourcedId\nx\n"},
			`p active primaryRole=student role=student sex=female username=p org:n under "t"`, nil},
		{"a delta without users", bundle{"manifest": deltaOf("orgs"), "orgs": "sourcedId,name,type,parentSourcedId\nw,West,school,d\n"},
			`p active primaryRole=student role=student sex=female username=p org:n under "t"`, nil},
	} {
		t.Run(c.why, func(t *testing.T) {
			s := newSchool(t)
			s.take(t, bulk, o)
			p := s.take(t, c.in, o)
			got := strings.ReplaceAll(strings.Join(s.people(t), "\n")+"\n", " ...", "")
			if !strings.Contains(got, "\n"+c.p+"\n") {
				t.Errorf("there is no\n%s\nin\n%s", c.p, got)
			}
			var issues []string
			for _, i := range p.Issues {
				issues = append(issues, i.Column+" "+i.Code)
			}
			if diff := cmp.Diff(c.issues, issues); diff != "" {
				t.Errorf("issues (-want +got)\n%s", diff)
			}
		})
	}
}

func TestTheFeedGuardObjectsToABulkThatLostItsUsers(t *testing.T) {
	roll := func(n int) string {
		out := "sourcedId,role\n"
		for i := range n {
			out += fmt.Sprintf("u%d,student\n", i)
		}
		return out
	}
	in := bundle{"manifest": "propertyName,value\noneroster.version,1.1\nfile.users,bulk\n", "users": roll(300)}
	for _, missing := range []groups.MissingUsers{groups.DeactivateMissing, groups.RemoveMissing} {
		s := newSchool(t)
		s.take(t, in, &oneroster.Options{Missing: missing})
		before := s.people(t)
		b, err := oneroster.Read(in.with("users", roll(150)).folder(), &oneroster.Options{Missing: missing})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.ev.Import(t.Context(), s.plan(t, b), "ann"); !errors.Is(err, groups.ErrFeed) {
			t.Errorf("%v: %v", missing, err)
		}
		gone := "sourcedId,status,role\n"
		for i := range 150 {
			gone += fmt.Sprintf("u%d,tobedeleted,student\n", i)
		}
		if b, err = oneroster.Read(bundle{"manifest": deltaOf("users"), "users": gone}.folder(), &oneroster.Options{Missing: missing}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ev.Import(t.Context(), s.plan(t, b), "ann"); !errors.Is(err, groups.ErrFeed) {
			t.Errorf("delta, %v: %v", missing, err)
		}
		if diff := cmp.Diff(before, s.people(t)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestDemographicsAndPasswordsAreNotReadUnasked(t *testing.T) {
	in := small().with("users", "sourcedId,username,password,sms\np,pupil,hunter2,555\n", "demographics", "sourcedId,birthDate,sex\np,1999-12-31,female\nragged\n",
		"manifest", small()["manifest"]+"file.demographics,bulk\n", "enrollments", "", "classes", "")
	in = in.with("manifest", strings.NewReplacer("enrollments,bulk", "enrollments,absent", "classes,bulk", "classes,absent").Replace(in["manifest"]))
	b, err := oneroster.Read(in.folder(), nil)
	if err != nil {
		t.Fatal(err)
	}
	p := newSchool(t).plan(t, b)
	held := fmt.Sprintf("%+v %+v", p.People, p.Issues)
	for _, secret := range []string{"hunter2", "555", "1999", "female"} {
		if strings.Contains(held, secret) {
			t.Errorf("%q was read", secret)
		}
	}
	if _, err := oneroster.Read(in.folder(), &oneroster.Options{Fields: grades()}); err == nil {
		t.Error("demographics that were asked for were not looked at")
	}
}

func TestIssuesSayWhereInTheBundleTheyAre(t *testing.T) {
	in := small().with("users", "sourcedId,givenName,familyName,birth\nt,\"Tove\nMaria\",Berg,2001-02-03\np,Per,Moe,soon\n",
		"enrollments", "sourcedId,dateLastModified,classSourcedId,userSourcedId,role\ne1,2026-09-02,bio1,p,student\ne2,2026-09-01,bio\u200b,t,teacher\n")
	o := &oneroster.Options{Fields: map[string]groups.Field{"users.birth": {Name: "birth", Type: groups.TypeDate}, "demographics.birthDate": {Name: "born", Type: groups.TypeDate}}}
	_, err := oneroster.Read(in.folder(), o)
	if err == nil {
		t.Fatal("an ID with an invisible character was read")
	}
	if diff := cmp.Diff([]string{"enrollments.csv 3 classSourcedId badID"}, refused(t, err)); diff != "" {
		t.Error(diff)
	}
	in = in.with("enrollments", "classSourcedId,userSourcedId,role\nbio1,p,student\nhistory,t,teacher\n",
		"demographics", "sourcedId,birthDate,status\nx,1999-01-01,\ny,1999-01-01,tobedeleted\nz,1999-01-01,\np,soon,\n", "manifest", in["manifest"]+"file.demographics,bulk\n")
	b, err := oneroster.Read(in.folder(), &oneroster.Options{Fields: o.Fields, Courses: oneroster.AsCourses})
	if err != nil {
		t.Fatal(err)
	}
	f, err := b.People(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range append(f.Issues, f.Enrollments.Issues...) {
		got = append(got, fmt.Sprintf("%d %s %s", i.Line, i.Column, i.Code))
	}
	want := []string{"5 demographics.csv birthDate badValue", "4 users.csv birth badValue", "3 enrollments.csv classSourcedId dangling", "3 enrollments.csv course blankKey"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	var out strings.Builder
	if err := f.WriteErrors(&out); err != nil || !strings.Contains(out.String(), "soon") {
		t.Errorf("%q, %v", out.String(), err)
	}
}

func TestWhatIsUnknownStaysSoInADelta(t *testing.T) {
	s := newSchool(t)
	if err := s.Write(t.Context(), groups.PeopleChange{Upsert: []groups.User{{ID: "p", Activation: groups.Activated, Expiry: groups.Current}}}); err != nil {
		t.Fatal(err)
	}
	in := bundle{"manifest": deltaOf("users", "roles", "demographics"), "users": "sourcedId,username\np,per\n", "demographics": "sourcedId,sex\n",
		"roles": "sourcedId,userSourcedId,roleType,role,orgSourcedId\nr,p,primary,student,n\n"}
	s.take(t, in, &oneroster.Options{Fields: map[string]groups.Field{"demographics.sex": {Name: "sex", Type: groups.TypeChoice}}})
	u, err := s.User(t.Context(), "p")
	if err != nil {
		t.Fatal(err)
	}
	if u.Fields["username"].String() != "per" || !u.Fields["role"].IsUnknown() || !u.Fields["sex"].IsUnknown() || u.Units["org"] != nil {
		t.Errorf("%+v", u)
	}
}
