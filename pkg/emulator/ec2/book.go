package ec2

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/statefile"
)

// Options configure a Book.
type Options struct {
	// Region, Account and Partition are those of the network.
	Region, Account, Partition string
	Network                    Network
	// Dir keeps endpoints across restarts; empty keeps them in memory only.
	Dir string
	// Clock is time.Now when nil.
	Clock func() time.Time
	// AvailableAfter is how long a new endpoint stays pending, and a deleted one
	// deleting.
	AvailableAfter time.Duration
}

// Endpoint is an interface endpoint.
type Endpoint struct {
	ID             string            `json:"id"` // vpce-…
	VPC            string            `json:"vpc"`
	Service        string            `json:"service"` // com.amazonaws.…
	Policy         iam.Document      `json:"policy"`
	Subnets        []string          `json:"subnets"`
	SecurityGroups []string          `json:"securityGroups"`
	PrivateDNS     bool              `json:"privateDNS"`
	Tags           map[string]string `json:"tags,omitempty"`
	ClientToken    string            `json:"clientToken,omitempty"`
	Created        time.Time         `json:"created"`
	Available      time.Time         `json:"available"`
	// Gone is when deleting ends; zero while nobody has deleted it.
	Gone time.Time `json:"gone,omitzero"`
}

// Book holds the endpoints. It is safe for concurrent use.
type Book struct {
	o         Options
	endpoints *statefile.Table[Endpoint]
}

// Open reads what Options.Dir holds, or begins with nothing.
func Open(o Options) (*Book, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	o.Partition = cmp.Or(o.Partition, "aws")
	endpoints, err := statefile.OpenTable[Endpoint](statefile.In(o.Dir, "ec2.json"), "VPC endpoints")
	return &Book{o: o, endpoints: endpoints}, err
}

func (b *Book) arn(resource string) string {
	return fmt.Sprintf("arn:%s:ec2:%s:%s:%s", b.o.Partition, b.o.Region, b.o.Account, resource)
}

// list gives the endpoints that are not gone yet, by ID.
func (b *Book) list() []Endpoint {
	var all []Endpoint
	for _, e := range b.endpoints.All() {
		if !b.gone(e) {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(x, y Endpoint) int { return cmp.Compare(x.ID, y.ID) })
	return all
}

// state is an endpoint's, in the case in which EC2 writes it.
func (b *Book) state(e Endpoint) string {
	switch {
	case !e.Gone.IsZero():
		return "deleting"
	case b.o.Clock().Before(e.Available):
		return "pending"
	}
	return "available"
}

// edit changes an endpoint that nobody has deleted; lists and tags must not be
// changed in place.
func (b *Book) edit(id string, change func(*Endpoint) error) error {
	return b.update(func(all map[string]Endpoint) error {
		e, ok := all[id]
		if !ok || !e.Gone.IsZero() {
			return awserr.New(awserr.NoSuchVPCEndpoint, "The Vpc Endpoint Id '%s' does not exist", id)
		}
		err := change(&e)
		all[id] = e
		return err
	})
}

// update edits the endpoints that are not gone yet.
func (b *Book) update(change func(map[string]Endpoint) error) error {
	return b.endpoints.Update(func(all map[string]Endpoint) error {
		maps.DeleteFunc(all, func(_ string, e Endpoint) bool { return b.gone(e) })
		return change(all)
	})
}

// gone reports whether an endpoint has been deleted long enough ago.
func (b *Book) gone(e Endpoint) bool { return !e.Gone.IsZero() && !b.o.Clock().Before(e.Gone) }

// newID is a prefix with 17 hexadecimal digits, the first of them 0.
func newID(prefix string) string {
	var raw [8]byte
	_, _ = rand.Read(raw[:]) // never fails, see crypto/rand
	return prefix + "0" + hex.EncodeToString(raw[:])
}

// digits are the 17 that belong to a text for ever.
func digits(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "0" + hex.EncodeToString(sum[:8])
}
