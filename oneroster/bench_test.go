package oneroster_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/oneroster"
)

// city is a bulk of so many users, each in four classes.
func city(n int) bundle {
	var users, enrollments strings.Builder
	users.WriteString("sourcedId,enabledUser,orgSourcedIds,role,username,givenName,familyName,email,agentSourcedIds,grades\n")
	enrollments.WriteString("sourcedId,classSourcedId,schoolSourcedId,userSourcedId,role\n")
	for i := range n {
		role, agent := "student", fmt.Sprintf("u%07d", i/25*25)
		if i%25 == 0 {
			role, agent = "teacher", ""
		}
		fmt.Fprintf(&users, "u%07d,true,s%d,%s,user%d,Given%d,Family%d,user%d@example.org,%s,%02d\n", i, i%100, role, i, i%300, i%900, i, agent, i%12)
		for j := range 4 {
			fmt.Fprintf(&enrollments, "e%d-%d,c%d,s%d,u%07d,%s\n", i, j, (i+j*7)%(n/10+1), i%100, i, role)
		}
	}
	var orgs strings.Builder
	orgs.WriteString("sourcedId,name,type,parentSourcedId\n")
	for i := range 100 {
		fmt.Fprintf(&orgs, "s%d,School %d,school,\n", i, i)
	}
	return bundle{
		"manifest": "propertyName,value\noneroster.version,1.1\nfile.orgs,bulk\nfile.users,bulk\nfile.enrollments,bulk\n",
		"orgs":     orgs.String(), "users": users.String(), "enrollments": enrollments.String(),
	}
}

// BenchmarkBulk reads a bulk and plans it where it is stored already, as a school sends it every night.
func BenchmarkBulk(b *testing.B) {
	folder := city(20_000).folder()
	s := newSchool(b)
	o := &oneroster.Options{Agents: []string{"teacher"}, Missing: groups.DeactivateMissing}
	read := func() *oneroster.Bundle {
		in, err := oneroster.Read(folder, o)
		if err != nil {
			b.Fatal(err)
		}
		return in
	}
	if _, err := s.ev.Import(b.Context(), s.plan(b, read()), "ann"); err != nil {
		b.Fatal(err)
	}
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			read()
		}
	})
	in := read()
	b.Run("people", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := in.People(b.Context(), s); err != nil {
				b.Fatal(err)
			}
		}
	})
	f, err := in.People(b.Context(), s)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("plan", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if p, err := s.ev.PlanImport(b.Context(), f); err != nil || len(p.Changed) > 0 {
				b.Fatal(err)
			}
		}
	})
}
