package groups

import (
	"hash/maphash"

	"github.com/grouprules/groups/internal/numbering"
)

// A filedEnrollment is an enrollment by the numbers of its course, and of what else it says, among those that many have;
// 0 is none. In one Memory, who has the same number has the same.
type filedEnrollment struct{ course, record uint32 }

// commonEnrollments are the courses that were met first, and what else enrollments say, each once and by number, from 1
// on: so users have one copy of them in their lists.
type commonEnrollments struct {
	courses   []string
	records   []Enrollment // in whichever course
	ofCourses numbering.Table
	ofRecords numbering.Table
	seed      maphash.Seed
}

func newCommonEnrollments() *commonEnrollments { return &commonEnrollments{seed: maphash.MakeSeed()} }

// file makes a list that is no longer the caller's, and the numbers; or takes what was stored.
func (c *commonEnrollments) file(u, stored *filedUser) {
	switch {
	case len(u.Enrollments.list) == 0:
		return
	case sameRecords(u.Enrollments.list, stored.Enrollments.list):
		u.Enrollments.list, u.enrolled = stored.Enrollments.list, stored.enrolled
		return
	}
	list := make([]Enrollment, len(u.Enrollments.list))
	u.enrolled = make([]filedEnrollment, len(list))
	for i, e := range u.Enrollments.list {
		filed := filedEnrollment{c.course(e.Course), c.record(e)}
		if filed.record > 0 {
			e = Enrollment{e.Course, c.records[filed.record-1].Status, c.records[filed.record-1].Completed}
		}
		if filed.course > 0 {
			e.Course = c.courses[filed.course-1]
		}
		list[i], u.enrolled[i] = e, filed
	}
	u.Enrollments.list = list
}

func (c *commonEnrollments) course(id string) uint32 {
	hash := uint32(maphash.String(c.seed, id))
	n, met := c.ofCourses.Find(hash, func(n uint32) bool { return c.courses[n-1] == id })
	if met || len(c.courses) == maxCommonValues {
		return n
	}
	c.courses = append(c.courses, id)
	n = uint32(len(c.courses))
	c.ofCourses.Add(hash, n)
	return n
}

func (c *commonEnrollments) record(e Enrollment) uint32 {
	hash := e.Completed.hash(c.seed) ^ uint32(maphash.String(c.seed, e.Status))
	n, met := c.ofRecords.Find(hash, func(n uint32) bool {
		return c.records[n-1].Status == e.Status && c.records[n-1].Completed.Equal(e.Completed)
	})
	if met || len(c.records) == maxCommonValues {
		return n
	}
	e.Course = ""
	c.records = append(c.records, e)
	n = uint32(len(c.records))
	c.ofRecords.Add(hash, n)
	return n
}
