package workload

import (
	"fmt"
	"strings"
)

// A Field is one of the ten columns that a user has.
type Field uint8

// The fields, by type: texts, choices, a multi-choice, a date, an instant, a number and a bool.
const (
	Title Field = iota
	City
	Email
	Country
	Grade
	Skills
	Hired
	Seen
	Pay
	Remote
	Fields // how many there are
)

var fieldNames = [Fields]string{"title", "city", "email", "country", "grade", "skills", "hired", "seen", "pay", "remote"}

// String returns the name of the field.
func (f Field) String() string { return fieldNames[f] }

// What a user has in a field is a code: Unknown, Empty, or a number from 0. It stands for a text or an
// option by [Text], for a set of options bit by bit (Skills), for days since 1970 (Hired), for minutes
// since 1970 (Seen), for an amount (Pay), or for 0 and 1 (Remote).
const (
	Unknown int32 = -1
	Empty   int32 = -2
)

// How many codes there are.
const (
	titles    = 3000
	cities    = 400
	countries = 60
	grades    = 14
	skills    = 30
	domains   = 24
)

// Today is the day of every run, as days since 1970: 1 January 2026.
const Today int32 = 20454

// Minutes is how many of them a day has.
const Minutes = 24 * 60

var (
	levels = []string{"Junior", "Senior", "Lead", "Principal", "Deputy", "Assistant"}
	roles  = []string{
		"Engineer", "Nurse", "Teacher", "Accountant", "Sales Agent", "Driver", "Analyst", "Designer", "Recruiter", "Technician",
		"Clerk", "Buyer", "Trainer", "Planner", "Inspector", "Consultant", "Electrician", "Pharmacist", "Librarian", "Manager",
	}
	firsts = []string{"ada", "grace", "alan", "edsger", "barbara", "donald", "frances", "john", "karen", "niklaus", "tony", "radia"}
	lasts  = []string{"lovelace", "hopper", "turing", "dijkstra", "liskov", "knuth", "allen", "mccarthy", "jones", "wirth", "hoare", "perlman"}
)

// Text is how a code of a text or a choice is written; "" for Unknown and Empty.
func Text(f Field, code int32) string {
	if code < 0 {
		return ""
	}
	n := int(code)
	switch f {
	case Title:
		return titleTexts[n]
	case City:
		return cityTexts[n]
	case Email:
		return fmt.Sprintf("%s.%s%d@%s", firsts[n%len(firsts)], lasts[n/7%len(lasts)], n, domain(n/3%domains*(n/5%domains)/domains))
	case Country:
		return countryTexts[n]
	case Grade:
		return gradeTexts[n]
	}
	panic("workload: no texts for " + f.String())
}

// Fold is the text in the form in which it is compared. The texts here are ASCII.
func Fold(s string) string { return strings.ToLower(s) }

// Skill is the ID of an option of Skills, by its bit.
func Skill(bit int) string { return fmt.Sprintf("s%d", bit) }

// Course is the ID of a course.
func Course(n int32) string { return fmt.Sprintf("k%d", n) }

func domain(n int) string { return fmt.Sprintf("dept%d.example", n) }

var (
	titleTexts = texts(titles, func(i int) string {
		return fmt.Sprintf("%s %s %d", levels[i%len(levels)], roles[i/len(levels)%len(roles)], i)
	})
	cityTexts    = texts(cities, func(i int) string { return fmt.Sprintf("City %d", i) })
	countryTexts = texts(countries, func(i int) string { return fmt.Sprintf("c%d", i) })
	gradeTexts   = texts(grades, func(i int) string { return fmt.Sprintf("g%d", i) })
)

func texts(n int, text func(int) string) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = text(i)
	}
	return all
}
