package recommender

import (
	"encoding/json"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

type item struct {
	Name  string  `json:"name"`
	Score float64 `json:"score"` // between 0 and 1
}

type recommendation struct {
	User       string `json:"user,omitempty"`
	Products   []item `json:"products,omitempty"`
	Categories []item `json:"categories,omitempty"`
}

var (
	products   = []string{"tent", "stove", "lantern", "sleeping bag", "rucksack", "compass", "hammock", "kettle"}
	categories = []string{"camping", "climbing", "cycling", "running"}
)

// answer writes a path's recommendation; the same user gets the same products.
func answer(w http.ResponseWriter, path, user string) {
	const maxUser = 64 // a name is echoed, and answers stay small
	if len(user) > maxUser {
		http.Error(w, `{"error":"user is too long"}`, http.StatusBadRequest)
		return
	}
	var r recommendation
	switch path {
	case "/user/product":
		r.User, r.Products = user, pick(products, user)
	case "/popular/product":
		r.Products = pick(products, "")
	default:
		r.Categories = pick(categories, "")
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(r) // who hung up can't be told
}

// pick returns three of names, the best first.
func pick(names []string, user string) []item {
	h := fnv.New32a()
	_, _ = h.Write([]byte(user)) // never fails
	first := int(h.Sum32() % uint32(len(names)))
	items := make([]item, 3)
	for i := range items {
		items[i] = item{Name: names[(first+i)%len(names)], Score: float64(9-2*i) / 10}
	}
	return items
}

// newWork is how long answers take: a median for each path, most answers near
// it, a few several times as long.
func newWork() func(path string) time.Duration {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // latencies of an example are no secret
	median := map[string]float64{"/user/product": 0.045, "/popular/product": 0.02, "/popular/category": 0.012}
	return func(path string) time.Duration {
		mu.Lock()
		defer mu.Unlock()
		seconds := median[path] * math.Exp(0.6*random.NormFloat64())
		return time.Duration(min(seconds, 2) * float64(time.Second))
	}
}
