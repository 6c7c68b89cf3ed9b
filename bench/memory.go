package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// memory is what the process holds, in bytes: on the heap of Go, and altogether, where the system tells.
type memory struct{ heap, resident int }

// hold has garbage collected and looks.
func hold() memory {
	runtime.GC() // twice, for what pools keep for another round
	debug.FreeOSMemory()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	m := memory{heap: int(stats.HeapAlloc)}
	if text, err := os.ReadFile("/proc/self/statm"); err == nil {
		if fields := strings.Fields(string(text)); len(fields) > 1 {
			pages, _ := strconv.Atoi(fields[1])
			m.resident = pages * os.Getpagesize()
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
