package main

import (
	"fmt"
	"strings"

	"github.com/grouprules/groups/bench/workload"
)

// This file writes the workload in SQL, which has three truth values of its own: NULL is Unknown, and a
// row that is not true is left out. The databases get help that a usual schema does not give: trees as
// places in pre-order, sets of options as bits, dates as numbers. Empty is a blank text or a number below all others.

const sqlSchema = `
CREATE TABLE users (
	id INTEGER PRIMARY KEY, active INTEGER NOT NULL,
	title TEXT, city TEXT, email TEXT, country TEXT, grade TEXT,
	skills INTEGER, hired INTEGER, seen INTEGER, pay INTEGER, remote INTEGER,
	unit INTEGER, line INTEGER NOT NULL, line_gap INTEGER, done_gap INTEGER);
CREATE TABLE changed (
	id INTEGER PRIMARY KEY, active INTEGER NOT NULL,
	title TEXT, city TEXT, email TEXT, country TEXT, grade TEXT,
	skills INTEGER, hired INTEGER, seen INTEGER, pay INTEGER, remote INTEGER,
	unit INTEGER, line INTEGER NOT NULL, line_gap INTEGER, done_gap INTEGER);
CREATE TABLE courses (usr INTEGER NOT NULL, course TEXT NOT NULL, done INTEGER NOT NULL);
CREATE TABLE manual (grp INTEGER NOT NULL, usr INTEGER NOT NULL);
CREATE TABLE members (grp INTEGER NOT NULL, usr INTEGER NOT NULL, assigned INTEGER NOT NULL);
CREATE TABLE touched (id INTEGER PRIMARY KEY)`

const sqlIndexes = `
CREATE INDEX users_title ON users (title);
CREATE INDEX users_city ON users (city);
CREATE INDEX users_email ON users (email);
CREATE INDEX users_country ON users (country);
CREATE INDEX users_grade ON users (grade);
CREATE INDEX users_hired ON users (hired);
CREATE INDEX users_seen ON users (seen);
CREATE INDEX users_pay ON users (pay);
CREATE INDEX users_unit ON users (unit);
CREATE INDEX users_line ON users (line);
CREATE INDEX courses_usr ON courses (usr, course);
CREATE INDEX courses_course ON courses (course, usr);
CREATE INDEX manual_usr ON manual (usr, grp);
CREATE INDEX manual_grp ON manual (grp, usr);
CREATE UNIQUE INDEX members_grp ON members (grp, usr)`

var sqlColumns = []string{
	"id", "active", "title", "city", "email", "country", "grade", "skills", "hired", "seen", "pay", "remote", "unit", "line", "line_gap", "done_gap",
}

// sqlUser is the row of a user.
func sqlUser(w *workload.World, user int32, u *workload.User) []any {
	number := func(n int32) any {
		if n == workload.Unknown {
			return nil
		}
		return n
	}
	gap := func(yes bool) any {
		if yes {
			return nil
		}
		return int32(0)
	}
	row := []any{user, truth(u.Active)}
	for i, code := range u.Fields {
		f := workload.Field(i)
		switch {
		case code == workload.Unknown:
			row = append(row, nil)
		case f <= workload.Grade:
			row = append(row, workload.Fold(workload.Text(f, code)))
		case f == workload.Skills:
			row = append(row, max(0, code))
		default:
			row = append(row, code)
		}
	}
	unit := u.Unit
	if unit >= 0 {
		unit = w.Units.Lo[unit]
	}
	return append(row, number(unit), w.Lines.Lo[user], gap(w.Lines.Gap[user]), gap(u.NoCourses))
}

// sqlUpsert takes over the users in a source of rows.
func sqlUpsert(source string) string {
	var set []string
	for _, c := range sqlColumns[1:] {
		set = append(set, c+" = excluded."+c)
	}
	return "INSERT INTO users " + source + " ON CONFLICT (id) DO UPDATE SET " + strings.Join(set, ", ")
}

// sqlMoves is the statement for who moves in a group. which narrows the users down, or is blank; one is
// that it does so to very few.
func sqlMoves(w *workload.World, g int, which string, one bool) string {
	rule := sqlCriteria(w, &w.Groups[g], one)
	return fmt.Sprintf(`SELECT u.id, 1 FROM users u WHERE u.active = 1 AND (%[1]s)%[3]s AND NOT EXISTS (SELECT 1 FROM members m WHERE m.grp = %[2]d AND m.usr = u.id)
UNION ALL SELECT u.id, 0 FROM members m JOIN users u ON u.id = m.usr WHERE m.grp = %[2]d AND m.assigned = 0%[3]s AND NOT (%[1]s)`, rule, g, which)
}

func sqlCriteria(w *workload.World, c *workload.Criteria, one bool) string {
	return join(c, " AND ", " OR ", func(c *workload.Condition) string {
		if c.Negated {
			return "NOT " + sqlCondition(w, c, one)
		}
		return sqlCondition(w, c, one)
	})
}

func sqlCondition(w *workload.World, c *workload.Condition, one bool) string {
	of := "u." + about(c)
	switch c.Kind {
	case workload.InUnit:
		return sqlWithin(of, spansOf(w.Units, c.Nodes, 0))
	case workload.Under:
		return "(" + sqlWithin(of, spansOf(w.Lines, c.Nodes, 1)) + " OR u.line_gap = 1)"
	case workload.Completed:
		courses := "course IN (" + strings.Join(mapped(c.Codes, func(n int32) string { return sqlText(workload.Course(n)) }), ", ") + ") AND done >= 0"
		var passes string
		switch {
		case one && c.Need == 1:
			passes = "EXISTS (SELECT 1 FROM courses WHERE usr = u.id AND " + courses + ")"
		case one:
			passes = fmt.Sprintf("(SELECT count(*) FROM courses WHERE usr = u.id AND %s) >= %d", courses, c.Need)
		case c.Need == 1:
			passes = "u.id IN (SELECT usr FROM courses WHERE " + courses + ")"
		default:
			passes = fmt.Sprintf("u.id IN (SELECT usr FROM courses WHERE %s GROUP BY usr HAVING count(*) >= %d)", courses, c.Need)
		}
		return "(" + passes + " OR u.done_gap = 1)"
	case workload.MemberOf:
		list := strings.Join(mapped(c.Codes, func(n int32) string { return fmt.Sprint(n) }), ", ")
		if one {
			return "EXISTS (SELECT 1 FROM manual WHERE usr = u.id AND grp IN (" + list + "))"
		}
		return "u.id IN (SELECT usr FROM manual WHERE grp IN (" + list + "))"
	case workload.IncludesAny:
		return fmt.Sprintf("((%s & %d) <> 0)", of, c.Mask)
	case workload.IncludesAll:
		return fmt.Sprintf("((%s & %d) = %d)", of, c.Mask, c.Mask)
	case workload.Between:
		return sqlWithin(of, spans{{c.From, c.To}})
	case workload.IsEmpty:
		switch {
		case c.Field <= workload.Grade:
			return "(" + of + " = '')"
		case c.Field == workload.Skills:
			return "(" + of + " = 0)"
		}
		return fmt.Sprintf("(%s = %d)", of, workload.Empty)
	case workload.Contains:
		return "(" + of + " LIKE " + sqlText("%"+c.Part+"%") + ")"
	case workload.StartsWith:
		return "(" + of + " LIKE " + sqlText(c.Part+"%") + ")"
	case workload.EndsWith:
		return "(" + of + " LIKE " + sqlText("%"+c.Part) + ")"
	}
	values := mapped(c.Codes, func(code int32) string {
		if c.Field == workload.Remote {
			return fmt.Sprint(code)
		}
		return sqlText(workload.Fold(workload.Text(c.Field, code)))
	})
	if len(values) == 1 {
		return "(" + of + " = " + values[0] + ")"
	}
	return "(" + of + " IN (" + strings.Join(values, ", ") + "))"
}

func sqlWithin(of string, ranges spans) string {
	return "(" + strings.Join(mapped(ranges, func(s span) string {
		if s.to == workload.Most {
			return fmt.Sprintf("%s >= %d", of, s.from)
		}
		return fmt.Sprintf("%s BETWEEN %d AND %d", of, s.from, s.to)
	}), " OR ") + ")"
}

// sqlText is a literal. The texts come from the workload and have no quotes.
func sqlText(s string) string { return "'" + s + "'" }
