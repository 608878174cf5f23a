package emulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// faultAPI lets whoever reaches the port have a bad day: PUT makes one, in place
// of the one before, and DELETE ends it. It asks for no signature, so it is
// served only when Options.FaultAPI says so.
type faultAPI struct {
	e *Emulator

	mu     sync.Mutex
	cancel func()
}

// faultOrder is what PUT /faults reads.
type faultOrder struct {
	Plane   Plane             `json:"plane"`   // the data plane when empty
	Action  string            `json:"action"`  // of STS, IAM or EC2; all when empty
	Path    string            `json:"path"`    // how the request's path ends; any when empty
	Status  int               `json:"status"`  // 0 lets the request go on after the delay
	Body    string            `json:"body"`    // JSON when it begins with {
	Headers map[string]string `json:"headers"` // of the answer
	Delay   string            `json:"delay"`   // before the answer, such as "2s"
	Times   int               `json:"times"`   // until DELETE when 0
}

const maxFaultOrder = 64 << 10

func (a *faultAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPut:
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxFaultOrder))
		decoder.DisallowUnknownFields()
		var order faultOrder
		err := decoder.Decode(&order)
		if err == nil {
			err = a.set(order)
		}
		if err != nil {
			http.Error(w, "fault: "+err.Error(), http.StatusBadRequest)
			return
		}
	case http.MethodDelete:
		a.replace(nil)
	default:
		w.Header().Set("Allow", "PUT, DELETE")
		http.Error(w, "PUT a fault, or DELETE it", http.StatusMethodNotAllowed)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *faultAPI) set(o faultOrder) error {
	f := Fault{On: o.Plane, Action: o.Action, Status: o.Status, Body: o.Body, Header: http.Header{}}
	planes := []Plane{"", DataPlane, ControlPlane, STS, IAM, EC2, EKS, PodIdentity}
	var err error
	if o.Delay != "" {
		f.Delay, err = time.ParseDuration(o.Delay)
	}
	switch {
	case err != nil:
		return fmt.Errorf("delay: %w", err)
	case !slices.Contains(planes, o.Plane):
		return fmt.Errorf("plane %q: want one of data, control, sts, iam, ec2, eks, podidentity", o.Plane)
	case o.Status != 0 && (o.Status < 400 || o.Status > 599):
		return fmt.Errorf("status %d: want 400 to 599, or none with a delay", o.Status)
	case o.Status == 0 && f.Delay <= 0:
		return errors.New("want a status, a delay, or both")
	case o.Times < 0:
		return fmt.Errorf("times %d: want how many requests, or 0 for all", o.Times)
	}
	for name, value := range o.Headers {
		f.Header.Set(name, value)
	}
	if o.Path != "" {
		f.Match = func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, o.Path) }
	}
	if o.Times == 0 {
		o.Times = math.MaxInt
	}
	a.replace(func() func() { return a.e.Inject(o.Times, f) })
	return nil
}

// replace ends the fault before, and begins the next one.
func (a *faultAPI) replace(next func() (cancel func())) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.cancel != nil {
		a.cancel()
		a.cancel = nil
	}
	if next != nil {
		a.cancel = next()
	}
}
