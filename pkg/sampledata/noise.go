package sampledata

import (
	"math"
	"math/rand/v2"
)

const (
	swing  = 0.35 // of the mean, up and down with the wave
	jitter = 0.20 // of the mean, up and down from step to step
)

// noise is the factor by which a group's growth at step k departs from its
// mean: a slow wave with a period of 12 to 24 minutes and an uneven rest.
// Always positive, so a counter never falls by it.
func noise(seed, group uint64, k int64) float64 {
	own := rand.NewPCG(seed, group)
	period := 48 + float64(own.Uint64()%48)
	phase := 2 * math.Pi * unit(own.Uint64())
	wave := math.Sin(2*math.Pi*float64(k)/period + phase)
	uneven := 2*unit(rand.NewPCG(seed^group, uint64(k)).Uint64()) - 1
	return 1 + swing*wave + jitter*uneven
}

// unit maps 64 random bits to [0, 1).
func unit(bits uint64) float64 { return float64(bits>>11) / (1 << 53) }
