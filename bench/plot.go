package main

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// A point is a size and what it cost, in nanoseconds.
type point struct{ x, y float64 }

// A curve is the points of one peer.
type curve struct {
	name   string
	points []point
	dashed bool // some of it is extrapolated
}

// A plot is curves on logarithmic axes.
type plot struct {
	title, x string
	curves   []curve
}

const (
	plotWidth, plotHeight  = 860.0, 520.0
	plotLeft, plotRight    = 80.0, 210.0
	plotTop, plotBottom    = 50.0, 60.0
	plotFont               = `font-family="sans-serif" font-size="13"`
	plotInnerX, plotInnerY = plotWidth - plotLeft - plotRight, plotHeight - plotTop - plotBottom
)

// plotColours can be told apart also by those who see few.
var plotColours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#7f7f7f", "#8b4513", "#6a3d9a", "#b2182b"}

// write draws the plot as SVG.
func (p *plot) write(out io.Writer) error {
	var b strings.Builder
	draw := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n", a...) }
	draw(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%g" height="%g">`, plotWidth, plotHeight, plotWidth, plotHeight)
	draw(`<rect width="100%%" height="100%%" fill="white"/>`)
	draw(`<text x="%g" y="28" %s font-weight="bold">%s</text>`, plotLeft, plotFont, escape(p.title))
	lowX, highX, lowY, highY := p.bounds()
	atX := func(x float64) float64 { return plotLeft + plotInnerX*(math.Log10(x)-lowX)/(highX-lowX) }
	atY := func(y float64) float64 { return plotTop + plotInnerY*(highY-math.Log10(y))/(highY-lowY) }
	for e := math.Ceil(lowX); e <= highX; e++ {
		x := atX(math.Pow(10, e))
		draw(`<line x1="%.1f" y1="%g" x2="%.1f" y2="%g" stroke="#ddd"/>`, x, plotTop, x, plotTop+plotInnerY)
		draw(`<text x="%.1f" y="%g" %s text-anchor="middle">%s</text>`, x, plotTop+plotInnerY+20, plotFont, thousands(int(math.Pow(10, e))))
	}
	for e := math.Ceil(lowY); e <= highY; e++ {
		y := atY(math.Pow(10, e))
		draw(`<line x1="%g" y1="%.1f" x2="%g" y2="%.1f" stroke="#ddd"/>`, plotLeft, y, plotLeft+plotInnerX, y)
		draw(`<text x="%g" y="%.1f" %s text-anchor="end">%s</text>`, plotLeft-8, y+4, plotFont, decade(int(e)))
	}
	draw(`<rect x="%g" y="%g" width="%g" height="%g" fill="none" stroke="#333"/>`, plotLeft, plotTop, plotInnerX, plotInnerY)
	draw(`<text x="%g" y="%g" %s text-anchor="middle">%s</text>`, plotLeft+plotInnerX/2, plotHeight-16, plotFont, escape(p.x))
	for i, c := range p.curves {
		colour, dash := plotColours[i%len(plotColours)], ""
		if c.dashed {
			dash = ` stroke-dasharray="6 4"`
		}
		var path []string
		for _, at := range c.points {
			path = append(path, fmt.Sprintf("%.1f,%.1f", atX(at.x), atY(at.y)))
			draw(`<circle cx="%.1f" cy="%.1f" r="3.5" fill="%s"/>`, atX(at.x), atY(at.y), colour)
		}
		draw(`<polyline points="%s" fill="none" stroke="%s" stroke-width="2"%s/>`, strings.Join(path, " "), colour, dash)
		x, y := plotLeft+plotInnerX+16, plotTop+10+float64(i)*22
		draw(`<line x1="%g" y1="%g" x2="%g" y2="%g" stroke="%s" stroke-width="2"%s/>`, x, y, x+28, y, colour, dash)
		draw(`<text x="%g" y="%g" %s>%s</text>`, x+36, y+4, plotFont, escape(c.name))
	}
	draw(`<text x="%g" y="%g" font-family="sans-serif" font-size="11" fill="#555">dashed: extrapolated</text>`, plotLeft+plotInnerX+16, plotTop+10+float64(len(p.curves))*22+8)
	draw(`</svg>`)
	_, err := io.WriteString(out, b.String())
	return err
}

// bounds are the powers of ten between which everything lies, with some room.
func (p *plot) bounds() (lowX, highX, lowY, highY float64) {
	lowX, highX, lowY, highY = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, c := range p.curves {
		for _, at := range c.points {
			lowX, highX = min(lowX, math.Log10(at.x)), max(highX, math.Log10(at.x))
			lowY, highY = min(lowY, math.Log10(at.y)), max(highY, math.Log10(at.y))
		}
	}
	return lowX - 0.1, highX + 0.1, math.Floor(lowY), math.Ceil(highY + 0.01)
}

// decade writes a power of ten of nanoseconds.
func decade(e int) string {
	units := []string{"ns", "µs", "ms", "s"}
	unit := max(0, min(e/3, len(units)-1))
	return thousands(int(math.Pow(10, float64(e-3*unit)))) + " " + units[unit]
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}
