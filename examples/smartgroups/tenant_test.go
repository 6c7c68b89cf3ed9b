package main

import (
	"strings"
	"testing"
	"unicode/utf16"
)

// utf16LE is text as a spreadsheet exports it, with the byte order mark.
func utf16LE(s string) string {
	var b strings.Builder
	for _, u := range append([]uint16{0xfeff}, utf16.Encode([]rune(s))...) {
		b.WriteByte(byte(u))
		b.WriteByte(byte(u >> 8))
	}
	return b.String()
}

// Every row is a tenant with its people, and what becomes of them.
func TestWhoIsIn(t *testing.T) {
	const (
		regions = "id,region\na,Scotland\nb,Wales\nc,\n"
		onOff   = "id,region,status\na,Scotland,active\nb,Scotland,Gone\nc,Scotland,\n"
		gone    = `"key":"id","status":{"column":"status","deactivated":["gone"]},`
		mark    = "\ufeff"
	)
	for _, c := range []struct {
		why          string
		tenant       string // without the braces
		people, next string
		more         map[string]string // further files
		want         string
	}{
		{"key and groups are enough: kind is automatic with criteria, status active, the name the id, deactivated keep",
			`"key":"id","groups":[{"id":"g","criteria":` + rule(scots) + `}]`, regions, "", nil, `
import 3 0 0 0 0
g: a`},
		{"without criteria the kind is manual",
			`"key":"id","groups":[{"id":"g","assignments":["c","a"]}]`, regions, "", nil, `
import 3 0 0 0 0
g: a(manual) c(manual)`},
		{"no criteria, and {}, is nobody, assignments count",
			`"key":"id","groups":[{"id":"g","kind":"automatic","assignments":["a"]},{"id":"h","criteria":{}}]`, regions, "", nil, `
import 3 0 0 0 0
g: a(manual)
h: -`},
		{"a manual group does not read its criteria",
			`"key":"id","groups":[{"id":"g","kind":"manual","criteria":` + rule(everyone) + `,"assignments":["b"]}]`, regions, "", nil, `
import 3 0 0 0 0
g: b(manual)`},
		{"a negative rule holds where the value is blank, unless whenEmpty says otherwise",
			`"key":"id","groups":[{"id":"g","criteria":` + rule(notScots) + `},{"id":"h","criteria":` +
				rule(strings.TrimSuffix(notScots, "}")+`,"whenEmpty":"noMatch"}`) + `}]`, regions, "", nil, `
import 3 0 0 0 0
g: b c
h: b`},
		{"keys are trimmed, headers too, and users sorted by bytes",
			`"key":" id ","groups":[{"id":"g","criteria":` + rule(everyone) + `}]`, " id ,x\n9,\n 10 ,\nB,\na,\nÅ,\n", "", nil, `
import 5 0 0 0 0
g: 10 9 B a Å`},
		{"an assignment beats the rule, an exclusion too",
			`"key":"id","groups":[{"id":"g","criteria":` + rule(scots) + `,"assignments":["b"],"exclusions":["a"]}]`, regions, "", nil, `
import 3 0 0 0 0
g: b(manual)`},
		{"somebody who is in by the rule and assigned is a manual member",
			`"key":"id","groups":[{"id":"g","criteria":` + rule(scots) + `,"assignments":["a","a"]}]`, regions, "", nil, `
import 3 0 0 0 0
g: a(manual)`},
		{"an assignment may wait for its user, an exclusion too",
			`"key":"id","groups":[{"id":"g","criteria":` + rule(everyone) + `,"assignments":["x"],"exclusions":["a","y"]}]`,
			"id\na\nb\n", "id\na\nb\nx\ny\n", nil, `
import 2 0 0 0 0
g: b
next 2 0 2 0 0
g: +x
unknownUser group g /groups/0/assignments/0, people.csv
unknownUser group g /groups/0/exclusions/1, people.csv`},
		{"keep, dropAutomatic and dropAll for the deactivated, by rule and by hand; the status is folded",
			gone + `"groups":[
				{"id":"keep","deactivated":"keep","criteria":` + rule(scots) + `},
				{"id":"auto","deactivated":"dropAutomatic","criteria":` + rule(scots) + `},
				{"id":"auto2","deactivated":"dropAutomatic","assignments":["b"]},
				{"id":"all","deactivated":"dropAll","criteria":` + rule(scots) + `,"assignments":["b"]}]`, onOff, "", nil, `
import 3 0 0 0 0
keep: a b c
auto: a c
auto2: b(manual)
all: a c`},
		{"a blank status is active for a new user and keeps what is stored after that; any other word is active",
			gone + `"groups":[{"id":"g","deactivated":"dropAll","criteria":` + rule(everyone) + `}]`,
			onOff, "id,region,status\na,Scotland, GONE \nb,Scotland,\nc,Scotland,whatever\nd,Wales,\n", nil, `
import 3 0 0 0 0
g: a c
next 1 3 0 0 0
g: +d -a`},
		{"without a list of words nobody is deactivated",
			`"key":"id","status":{"column":"status"},"groups":[{"id":"g","deactivated":"dropAll","criteria":` + rule(everyone) + `}]`, onOff, "", nil, `
import 3 0 0 0 0
g: a b c`},
		{"who comes back from deactivation is as they were",
			gone + `"groups":[{"id":"g","deactivated":"dropAll","assignments":["a","b"]}]`,
			onOff, "id,region,status\na,Scotland,gone\nb,Scotland,back\nc,Scotland,\n", nil, `
import 3 0 0 0 0
g: a(manual)
next 0 2 1 0 0
g: +b -a`},
		{"missing is keep",
			`"key":"id","groups":[{"id":"g","deactivated":"dropAll","criteria":` + rule(everyone) + `}]`, "id\na\nb\n", "id\nb\n", nil, `
import 2 0 0 0 0
g: a b
next 0 0 1 1 0`},
		{"missing users are deactivated: what that means is the group's affair",
			`"key":"id","missing":"deactivate","groups":[{"id":"g","deactivated":"dropAll","criteria":` + rule(everyone) + `},{"id":"h","criteria":` + rule(everyone) + `}]`,
			"id\na\nb\n", "id\nb\n", nil, `
import 2 0 0 0 0
g: a b
h: a b
next 0 0 1 1 0
g: -a`},
		{"missing users are removed, and leave, assigned or not",
			`"key":"id","missing":"remove","groups":[{"id":"g","criteria":` + rule(everyone) + `},{"id":"h","assignments":["a"]}]`,
			"id\na\nb\n", "id\nb\n", nil, `
import 2 0 0 0 0
g: a b
h: a(manual)
next 0 0 1 1 0
g: -a
h: -a
unknownUser group h /groups/1/assignments/0, next.csv`},
		{"a ragged row is rejected, and whoever it may name is not missing",
			`"key":"id","missing":"remove","groups":[{"id":"g","criteria":` + rule(scots) + `}]`,
			"id,region\na,Scotland\nb,Scotland\nz,Scotland\n", "id,region\na\nb,Wales\nx,y,z\nc,Scotland\n", nil, `
import 3 0 0 0 0
g: a b z
next 1 1 0 0 2
g: +c -b
ragged line 2, next.csv
ragged line 4, next.csv`},
		{"a blank key may be anybody's, so nobody is missing",
			`"key":"id","missing":"remove","groups":[{"id":"g","criteria":` + rule(everyone) + `}]`,
			"id,region\na,Scotland\nb,Wales\n", "id,region\na,Scotland\n ,Wales\n", nil, `
import 2 0 0 0 0
g: a b
next 0 0 1 0 1
blankKey line 3, next.csv
keysUnreadable column id, next.csv`},
		{"an unreadable key may be anybody's, so nobody is missing",
			`"key":"id","missing":"remove","groups":[{"id":"g","criteria":` + rule(everyone) + `}]`,
			"id,region\na,Scotland\nb,Wales\n", "id,region\na,Scotland\n\xff,Wales\n", nil, `
import 2 0 0 0 0
g: a b
next 0 0 1 0 1
badKey line 3, next.csv
keysUnreadable column id, next.csv`},
		{"of a repeated key the first row stands; lines count line breaks in cells",
			`"key":"id","groups":[{"id":"g","criteria":` + rule(scots) + `}]`,
			"id,region,note\na,Scotland,\"two\nlines\"\na,Wales,\n", "", nil, `
import 1 0 0 0 1
g: a
repeatedKey line 4, people.csv`},
		{"semicolons and windows-1252, as declared",
			`"key":"id","csv":{"delimiter":";","charset":"windows-1252"},"groups":[{"id":"g","criteria":` +
				rule(`{"kind":"field","field":"Größe","op":"is","values":["Übergröße"]}`) + `}]`,
			"id;Gr\xf6\xdfe\na;\xdcbergr\xf6\xdfe\nb;5,5\n", "", nil, `
import 2 0 0 0 0
g: a`},
		{"semicolons are found where they are plain",
			`"key":"id","groups":[{"id":"g","criteria":` + rule(scots) + `}]`, "id;region\na;Scotland\nb;Wales, North\n", "", nil, `
import 2 0 0 0 0
g: a`},
		{"a tab can be declared",
			`"key":"id","csv":{"delimiter":"\t","charset":"UTF-8"},"groups":[{"id":"g","criteria":` + rule(scots) + `}]`, "id\tregion\na\tScotland\n", "", nil, `
import 1 0 0 0 0
g: a`},
		{"UTF-16 by its mark",
			`"key":"id","groups":[{"id":"g","criteria":` + rule(scots) + `}]`, utf16LE("id,region\r\nä,Scotland\r\n"), "", nil, `
import 1 0 0 0 0
g: ä`},
		{"a mark of UTF-8 is not part of the header; csv is about the people files only",
			`"key":"id","csv":{"delimiter":";"},"enrollments":{"file":"e.csv","user":"u","course":"c"},"groups":[{"id":"g","criteria":` +
				rule(`{"kind":"enrollment","courses":["x"],"quantifier":"any","op":"enrolled"}`) + `}]`,
			"\ufeffid;region\na;Scotland\nb;Wales\n", "", map[string]string{"e.csv": "u,c\na,x\n"}, `
import 2 0 0 0 0
g: a`},
		{"a known column that is gone keeps its values, and the finding names the groups that read it",
			`"key":"id","groups":[{"id":"g","criteria":` + rule(scots) + `},{"id":"h","criteria":` + rule(everyone) + `}]`,
			regions, "id,shoe\na,39\nb,40\nc,41\nd,42\n", nil, `
import 3 0 0 0 0
g: a
h: a b c
next 1 3 0 0 0
h: +d
missingColumn column region, next.csv`},
		{"a declared column that never was is unknown, so nobody is moved by it either way",
			`"key":"id","fields":[{"name":"credits","type":"number"}],"groups":[{"id":"g","criteria":` +
				rule(`{"kind":"field","field":"credits","op":"notLess","value":3}`) + `}]`, "id\na\n", "", nil, `
import 1 0 0 0 0
g: -; ?a
missingColumn column credits, people.csv
notCarried field credits, people.csv`},
		{"a status column that is gone keeps what is stored, and new users are unknown",
			gone + `"groups":[{"id":"g","deactivated":"dropAll","criteria":` + rule(everyone) + `}]`,
			onOff, "id,region\na,Scotland\nb,Scotland\nd,Wales\n", nil, `
import 3 0 0 0 0
g: a c
next 1 0 2 1 0
missingColumn column status, next.csv`},
		{"an unreadable status is unknown",
			gone + `"groups":[{"id":"g","deactivated":"dropAll","criteria":` + rule(everyone) + `},{"id":"h","criteria":` + rule(everyone) + `}]`,
			"id,status\na,\xff\n", "", nil, `
import 1 0 0 0 0
g: -; ?a
h: a
unreadable line 2, people.csv`},
		{"a choice that is none of the options is unknown",
			`"key":"id","fields":[{"name":"band","type":"choice","options":["0-35","55<="]}],"groups":[
				{"id":"g","criteria":` + rule(`{"kind":"field","field":"band","op":"is","values":["55<="]}`) + `},
				{"id":"h","criteria":` + rule(`{"kind":"field","field":"band","op":"isEmpty"}`) + `}]`,
			"id,band\na,55<=\nb,55 <=\nc,\n", "", nil, `
import 3 0 0 0 0
g: a; ?b
h: c; ?b
badValue line 3, people.csv`},
		{"a choice without options takes its cells as options, those of the next file too",
			`"key":"id","fields":[{"name":"band","type":"choice"}],"groups":[{"id":"g","criteria":` +
				rule(`{"kind":"field","field":"band","op":"is","values":["x","z"]}`) + `}]`,
			"id,band\na,x\nb,y\n", "id,band\na,y\nb,z\n", nil, `
import 2 0 0 0 0
g: a
next 0 2 0 0 0
g: +b -a
unknownOption group g /groups/0/criteria/sets/0/conditions/0, people.csv`},
		{"a multi-choice is split at its separator",
			`"key":"id","fields":[{"name":"langs","type":"multiChoice","separator":"|"}],"groups":[
				{"id":"any","criteria":` + rule(`{"kind":"field","field":"langs","op":"includesAny","values":["en","cy"]}`) + `},
				{"id":"all","criteria":` + rule(`{"kind":"field","field":"langs","op":"includesAll","values":["en","cy"]}`) + `},
				{"id":"only","criteria":` + rule(`{"kind":"field","field":"langs","op":"isExactly","values":["cy"]}`) + `}]`,
			"id,langs\na,en | cy\nb,cy\nc,gd\nd,\n", "", nil, `
import 4 0 0 0 0
any: a b
all: a
only: b`},
		{"an unreadable number is unknown and moves nobody, a blank one is known to be none",
			`"key":"id","fields":[{"name":"n","type":"number"}],"groups":[{"id":"g","criteria":` +
				rule(`{"kind":"field","field":"n","op":"between","from":1,"to":9.5}`) + `}]`,
			"id,n\na,9.50\nb,1\nc,\"1,5\"\nd,\ne,9.51\n", "id,n\na,ten\nb,\nc,2\nd,2\ne,5%\n", nil, `
import 5 0 0 0 0
g: a b; ?c
next 0 5 0 0 0
g: +c +d -b
badValue line 4, people.csv
badValue line 2, next.csv
badValue line 6, next.csv`},
		{"an exact text is compared as it is, any other folded",
			`"key":"id","fields":[{"name":"code","type":"text","exact":true}],"groups":[
				{"id":"g","criteria":` + rule(`{"kind":"field","field":"code","op":"is","values":["AB"]}`) + `},
				{"id":"h","criteria":` + rule(`{"kind":"field","field":"town","op":"is","values":["STRASSE 1"]}`) + `}]`,
			"id,code,town\na,AB,Straße  1\nb,ab,strasse 1\n", "", nil, `
import 2 0 0 0 0
g: a
h: a b`},
		{"true and false, yes and no, 1 and 0",
			`"key":"id","fields":[{"name":"b","type":"bool"}],"groups":[{"id":"g","criteria":` +
				rule(`{"kind":"field","field":"b","op":"is","values":[true]}`) + `}]`,
			"id,b\na,true\nb,YES\nc,1\nd,0\ne,no\nf,False\ng,y\nh,\n", "", nil, `
import 8 0 0 0 0
g: a b c; ?g
badValue line 8, people.csv`},
		{"the manager column: below, direct reports, who has reports; rings and self-managers end a line",
			`"key":"id","manager":"boss","groups":[
				{"id":"below","criteria":` + rule(`{"kind":"user","op":"below","users":["a"]}`) + `},
				{"id":"direct","criteria":` + rule(`{"kind":"user","op":"below","users":["a"],"depth":1}`) + `},
				{"id":"bosses","criteria":` + rule(`{"kind":"user","op":"hasReports"}`) + `}]`,
			"id,boss\na,\nb,a\nc,b\nr,s\ns,r\nz,z\n", "", nil, `
import 6 0 0 0 0
below: b c
direct: b
bosses: a b r s
ring reporting line, people.csv
ring reporting line, people.csv`},
		{"below a manager who is not in the file is unknown, not no",
			`"key":"id","manager":"boss","groups":[{"id":"g","criteria":` + rule(`{"kind":"user","op":"below","users":["a"]}`) + `}]`,
			"id,boss\na,\nb,ghost\nc,b\nd,a\n", "", nil, `
import 4 0 0 0 0
g: d; ?b ?c
missingParent reporting line, people.csv`},
		{"units from their file; who sits in one that is not in it is undecided; none is known to be none",
			`"key":"id","trees":[{"name":"org","column":"unit","file":"sub/units.csv","id":"id","parent":"up"}],"groups":[
				{"id":"g","criteria":` + rule(`{"kind":"unit","tree":"org","op":"isOrBelow","units":["top"]}`) + `},
				{"id":"none","criteria":` + rule(`{"kind":"unit","tree":"org","op":"isEmpty"}`) + `}]`,
			"id,unit\na,leaf\nb,top\nc,other\nd,nowhere\ne,\n", "",
			map[string]string{"sub/units.csv": "id,up\ntop,\nleaf,top\nother,\n,top\n"}, `
import 5 0 0 0 0
g: a b; ?d
none: e
blankKey line 5, units.csv
strayUnit tree org, people.csv`},
		{"a rule that names a unit that does not exist leaves nobody out, and is a finding at its pointer from the root",
			`"key":"id","trees":[{"name":"org","column":"unit","file":"units.csv","id":"id","parent":"up"}],"groups":[{"id":"x"},
				{"id":"g","criteria":` + rule(everyone, `{"kind":"unit","tree":"org","op":"is","units":["top","tpo"]}`) + `}]`,
			"id,unit\na,top\nb,leaf\n", "", map[string]string{"units.csv": "id,up\ntop,\nleaf,top\n"}, `
import 2 0 0 0 0
x: -
g: a; ?b
unknownUnit group g /groups/1/criteria/sets/0/conditions/1, people.csv`},
		{"enrollments: at least k of the courses; no record is not enrolled; a blank status is unknown; the later row counts",
			`"key":"id","enrollments":{"file":"e.csv","user":"u","course":"c","status":"s"},"groups":[{"id":"g","criteria":` +
				rule(`{"kind":"enrollment","courses":["x","y","z"],"quantifier":"atLeast","k":2,"op":"is","statuses":["completed"]}`) + `}]`,
			"id\na\nb\nc\nd\n", "", map[string]string{"e.csv": "u,c,s\na,x,completed\na,y,failed\na,y,completed\nb,x,completed\nb,y,\nc,x,completed\nq,x,completed\n"}, `
import 4 0 0 0 0
g: a; ?b
strayEnrollment enrollments, people.csv
unknownCourse group g /groups/0/criteria/sets/0/conditions/0, people.csv`},
		{"completions in a window that turns in the tenant's zone; a broken row leaves that user's list open",
			`"key":"id","zone":"Europe/London","now":"2014-06-30T23:30:00Z","enrollments":{"file":"e.csv","user":"u","course":"c","completed":"on"},
			"groups":[{"id":"g","criteria":` + rule(`{"kind":"enrollment","courses":["x"],"quantifier":"any","op":"completed","when":{"op":"inLast","days":1}}`) + `}]`,
			"id\na\nb\nc\nd\ne\n", "", map[string]string{"e.csv": "u,c,on\na,x,2014-07-01\nb,x,2014-06-30\nc,x,2014-06-30T23:00:00Z\nd,x\ne,x,soon\n"}, `
import 5 0 0 0 0
g: a c; ?d ?e
ragged line 5, e.csv
badValue line 6, e.csv`},
		{"dates turn in the tenant's zone: in London it is 1 July already",
			`"key":"id","zone":"Europe/London","now":"2014-06-30T23:30:00Z","fields":[{"name":"d","type":"date"},{"name":"t","type":"instant"}],"groups":[
				{"id":"date","criteria":` + rule(`{"kind":"field","field":"d","op":"inLast","days":1}`) + `},
				{"id":"instant","criteria":` + rule(`{"kind":"field","field":"t","op":"on","value":"2014-07-01"}`) + `}]`,
			"id,d,t\na,2014-07-01,2014-06-30T23:00:00Z\nb,2014-06-30,2014-06-30T22:59:59Z\n", "", nil, `
import 2 0 0 0 0
date: a
instant: a`},
		{"without a zone they turn in UTC: it is still 30 June",
			`"key":"id","now":"2014-06-30T23:30:00Z","fields":[{"name":"d","type":"date"},{"name":"t","type":"instant"}],"groups":[
				{"id":"date","criteria":` + rule(`{"kind":"field","field":"d","op":"inLast","days":1}`) + `},
				{"id":"instant","criteria":` + rule(`{"kind":"field","field":"t","op":"on","value":"2014-06-30"}`) + `}]`,
			"id,d,t\na,2014-07-01,2014-07-01T00:00:00Z\nb,2014-06-30,2014-06-30T23:59:59Z\n", "", nil, `
import 2 0 0 0 0
date: b
instant: b`},
		{"months clamp: a month before 31 March is 28 February",
			`"key":"id","now":"2015-03-31T12:00:00Z","fields":[{"name":"d","type":"date"}],"groups":[{"id":"g","criteria":` +
				rule(`{"kind":"field","field":"d","op":"ago","months":1}`) + `}]`, "id,d\na,2015-02-28\nb,2015-03-01\n", "", nil, `
import 2 0 0 0 0
g: a`},
		{"an inactive group has a population and no members, and leaves those who refer to it undecided",
			`"key":"id","groups":[{"id":"off","status":"inactive","criteria":` + rule(scots) + `,"assignments":["b"]},
				{"id":"g","criteria":` + rule(`{"kind":"group","op":"notMemberOfAny","groups":["off"]}`, notScots) + `}]`, regions, "", nil, `
import 3 0 0 0 0
off: -; population a b(manual); inactive
g: -; ?b ?c
inactiveGroup group g /groups/1/criteria/sets/0/conditions/0, people.csv`},
		{"an inactive group does not change for the host",
			`"key":"id","groups":[{"id":"off","status":"inactive","criteria":` + rule(scots) + `}]`,
			regions, "id,region\na,Wales\nb,Scotland\nc,\n", nil, `
import 3 0 0 0 0
off: -; population a; inactive
next 0 2 1 0 0`},
		{"a frozen group has no automatic members before its rule ever ran; assignments count",
			`"key":"id","groups":[{"id":"g","frozen":true,"criteria":` + rule(everyone) + `,"assignments":["b"]}]`,
			regions, "id,region\na,Wales\nb,\nc,\nd,Scotland\n", nil, `
import 3 0 0 0 0
g: b(manual)
next 1 2 1 0 0`},
		{"groups refer to each other in any order, through assignments and exclusions",
			`"key":"id","groups":[
				{"id":"a-last","criteria":` + rule(`{"kind":"group","op":"memberOfAny","groups":["both"]}`) + `},
				{"id":"both","criteria":` + rule(`{"kind":"group","op":"memberOfAll","groups":["scots","z"]}`) + `},
				{"id":"scots","criteria":` + rule(scots) + `,"assignments":["b"]},
				{"id":"z","criteria":` + rule(everyone) + `,"exclusions":["c"]}]`,
			regions, "id,region\na,Wales\nb,Wales\nc,Scotland\n", nil, `
import 3 0 0 0 0
a-last: a b
both: a b
scots: a b(manual)
z: a b
next 0 2 1 0 0
a-last: -a
both: -a
scots: +c -a`},
		{"a group that does not exist is unknown to all, and a finding",
			`"key":"id","groups":[{"id":"g","criteria":` + rule(`{"kind":"group","op":"notMemberOfAny","groups":["nope"]}`) + `}]`, "id\na\n", "", nil, `
import 1 0 0 0 0
g: -; ?a
unknownGroup group g /groups/0/criteria/sets/0/conditions/0, people.csv`},
		{"users, courses and options that do not exist never match, and are findings",
			`"key":"id","fields":[{"name":"o","type":"choice","options":["x"]}],"groups":[{"id":"g","criteria":{"match":"any","sets":[{"match":"any","conditions":[
				{"kind":"user","op":"is","users":["nobody"]},{"kind":"field","field":"o","op":"is","values":["y"]}]}]}}]`, "id,o\na,x\n", "", nil, `
import 1 0 0 0 0
g: -
unknownOption group g /groups/0/criteria/sets/0/conditions/1, people.csv
unknownUser group g /groups/0/criteria/sets/0/conditions/0, people.csv`},
		{"the key is a field like any other; headed id it may be declared as the text it is",
			`"key":"id","fields":[{"name":"id","type":"text"}],"groups":[{"id":"g","criteria":` +
				rule(`{"kind":"field","field":"id","op":"startsWith","values":["a"]}`) + `}]`, "id\nab\nAb\nba\n", "", nil, `
import 3 0 0 0 0
g: ab`},
		{"two trees, guards that have nothing to do, no groups",
			`"key":"id","guard":"on","trees":[{"name":"a","column":"u"},{"name":"b","file":"b.csv","id":"i","parent":"p"}],"groups":[]`,
			"id,u\na,x\n", "id,u\na,y\n", map[string]string{"b.csv": "i,p\nq,\n"}, `
import 1 0 0 0 0
next 0 1 0 0 0`},
		{"the tenant file may begin with a mark, as Windows editors write it",
			mark + `"key":"id","groups":[{"id":"g","criteria":` + rule(everyone) + `}]`, "id\na\n", "", nil, `
import 1 0 0 0 0
g: a`},
	} {
		t.Run(c.why, func(t *testing.T) {
			rest, marked := strings.CutPrefix(c.tenant, mark)
			files := map[string]string{"people.csv": c.people, "tenant.json": "{" + rest + "}"}
			if marked {
				files["tenant.json"] = mark + files["tenant.json"]
			}
			if c.next != "" {
				files["next.csv"] = c.next
			}
			for name, content := range c.more {
				files[name] = content
			}
			code, stdout, stderr := start(t, files, "-json")
			if code != 0 {
				t.Fatal(stderr)
			}
			if got, want := digest(t, stdout), strings.TrimPrefix(c.want, "\n")+"\n"; got != want {
				t.Errorf("got\n%swant\n%s\n%s", got, want, stdout)
			}
			if code, _, stderr := start(t, files); code != 0 {
				t.Errorf("as text: %s", stderr)
			}
		})
	}
}
