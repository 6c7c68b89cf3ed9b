package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// memory is what the process holds, in bytes: on the heap of Go, and altogether, where the system tells.
type memory struct{ heap, resident int }

// hold has garbage collected and looks. The memory that Go keeps free for itself does not count, and stays: who is timed
// next finds it as in a process that has run for a while, and does not wait for the system to give each page again.
func hold() memory {
	runtime.GC()
	runtime.GC() // for what pools keep for another round
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	m := memory{heap: int(stats.HeapAlloc)}
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := strings.Fields(string(text)); len(fields) > 1 {
			pages, _ := strconv.Atoi(fields[1])
			m.resident = max(0, pages*os.Getpagesize()-int(stats.HeapIdle-stats.HeapReleased))
		}
	}
	return m
}

func (m memory) minus(o memory) memory {
	return memory{max(0, m.heap-o.heap), max(0, m.resident-o.resident)}
}

func megabytes(n int) string {
	if n < 1e7 {
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return thousands(n/1e6) + " MB"
}
