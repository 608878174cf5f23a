package iamapi

import (
	"crypto/sha1" //nolint:gosec // IAM's thumbprints are SHA-1, it is no signature
	"encoding/hex"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/query"
)

var providerARN = regexp.MustCompile(`^arn:[a-z-]+:iam::\d{12}:oidc-provider/[\x21-\x7e]+$`)

func (c *call) findProvider(st *iam.State, arn string) (iam.Provider, error) {
	if !providerARN.MatchString(arn) {
		return iam.Provider{}, awserr.New(awserr.InvalidInput, "Invalid ARN %s", arn)
	}
	p, ok := st.Providers[arn]
	if !ok || p.Account != c.who.Account {
		return p, awserr.New(awserr.NoSuchEntity, "OpenIDConnect Provider not found for arn %s", arn)
	}
	return p, nil
}

func (c *call) onProvider(arn string, run func() (any, error)) step {
	return step{arn, resourceTags(c.store.View().Providers[arn].Tags), run}
}

func (c *call) editProvider(arn string, edit func(*iam.Provider) error) error {
	return c.store.Update(func(st *iam.State) error {
		p, err := c.findProvider(st, arn)
		if err == nil {
			err = edit(&p)
		}
		if err == nil {
			st.Providers[arn] = p
		}
		return err
	})
}

// createProvider takes an issuer without thumbprints, as IAM does since 2024:
// it then finds the certificate authority's own. The emulator reaches nobody
// and makes one up.
func createProvider(c *call) step {
	p := iam.Provider{
		Account: c.who.Account, URL: strings.TrimSuffix(c.in.Required("Url", issuerURL), "/"),
		ClientIDs:   c.in.List("ClientIDList", clientID),
		Thumbprints: c.in.List("ThumbprintList", thumbprint), Tags: c.readTags(),
	}
	return step{c.arn("oidc-provider", "/", iam.ProviderHost(p.URL)), requestTags(p.Tags), func() (any, error) {
		if !isIssuer(p.URL) {
			return nil, awserr.New(awserr.ValidationError, "Invalid Open ID Connect Provider URL")
		}
		if err := checkTagCount(p.Tags); err != nil {
			return nil, err
		}
		if err := checkProvider(p); err != nil {
			return nil, err
		}
		if len(p.Thumbprints) == 0 {
			sum := sha1.Sum([]byte(p.URL)) //nolint:gosec // see above
			p.Thumbprints = []string{hex.EncodeToString(sum[:])}
		}
		err := c.store.Update(func(st *iam.State) error {
			for _, old := range st.Providers {
				if old.Account == p.Account && iam.ProviderHost(old.URL) == iam.ProviderHost(p.URL) {
					return awserr.New(awserr.EntityAlreadyExists, "Provider with url %s already exists.", p.URL)
				}
			}
			return st.PutProvider(&p)
		})
		return struct {
			ARN  string              `xml:"OpenIDConnectProviderArn"`
			Tags *query.Members[tag] `xml:",omitempty"`
		}{p.ARN, tags(p.Tags)}, err
	}}
}

// isIssuer wants https, as IAM does, and lets http pass for an issuer on this
// machine.
func isIssuer(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

func checkProvider(p iam.Provider) error {
	if len(p.ClientIDs) > maxClientIDs {
		return awserr.New(awserr.LimitExceeded, "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: %d", maxClientIDs)
	}
	if len(p.Thumbprints) > maxThumbprints {
		return awserr.New(awserr.InvalidInput, "Thumbprint list must contain fewer than %d entries.", maxThumbprints+1)
	}
	return nil
}

func getProvider(c *call) step {
	arn := c.in.Required("OpenIDConnectProviderArn", arnText)
	return c.onProvider(arn, func() (any, error) {
		p, err := c.findProvider(c.store.View(), arn)
		return providerShape{
			URL: iam.ProviderHost(p.URL), ClientIDList: query.List(p.ClientIDs), ThumbprintList: query.List(p.Thumbprints),
			CreateDate: query.Time(p.Created), Tags: tags(p.Tags),
		}, err
	})
}

func listProviders(c *call) step {
	type item struct {
		ARN string `xml:"Arn"`
	}
	return step{resource: c.arn("oidc-provider", "/", "*"), run: func() (any, error) {
		var all []item
		for _, p := range c.store.View().Providers {
			if p.Account == c.who.Account {
				all = append(all, item{p.ARN})
			}
		}
		slices.SortFunc(all, func(a, b item) int { return strings.Compare(a.ARN, b.ARN) })
		return struct {
			List query.Members[item] `xml:"OpenIDConnectProviderList"`
		}{query.List(all)}, nil
	}}
}

func addClientID(c *call) step {
	arn, id := c.in.Required("OpenIDConnectProviderArn", arnText), c.in.Required("ClientID", clientID)
	return c.onProvider(arn, func() (any, error) {
		return nil, c.editProvider(arn, func(p *iam.Provider) error {
			if !slices.Contains(p.ClientIDs, id) {
				p.ClientIDs = append(p.ClientIDs, id)
			}
			return checkProvider(*p)
		})
	})
}

func removeClientID(c *call) step {
	arn, id := c.in.Required("OpenIDConnectProviderArn", arnText), c.in.Required("ClientID", clientID)
	return c.onProvider(arn, func() (any, error) {
		return nil, c.editProvider(arn, func(p *iam.Provider) error {
			p.ClientIDs = slices.DeleteFunc(p.ClientIDs, func(old string) bool { return old == id })
			return nil
		})
	})
}

func updateThumbprint(c *call) step {
	arn, list := c.in.Required("OpenIDConnectProviderArn", arnText), c.in.List("ThumbprintList", thumbprint)
	return c.onProvider(arn, func() (any, error) {
		return nil, c.editProvider(arn, func(p *iam.Provider) error {
			p.Thumbprints = list
			return checkProvider(*p)
		})
	})
}

// deleteProvider is no error where there is none, says the API reference.
func deleteProvider(c *call) step {
	arn := c.in.Required("OpenIDConnectProviderArn", arnText)
	return c.onProvider(arn, func() (any, error) {
		if !providerARN.MatchString(arn) {
			return nil, awserr.New(awserr.InvalidInput, "Invalid ARN %s", arn)
		}
		return nil, c.store.Update(func(st *iam.State) error {
			if st.Providers[arn].Account == c.who.Account {
				delete(st.Providers, arn)
			}
			return nil
		})
	})
}

type userResult struct{ User userShape }

// getUser without a name is about the caller.
func getUser(c *call) step {
	name := c.in.Optional("UserName", policyName)
	if name == "" && c.who.Kind == iam.KindUser {
		u, _ := c.store.User(c.who.Entity)
		name = u.Name
	}
	var found iam.User
	for _, u := range c.store.View().Users {
		if u.Account == c.who.Account && strings.EqualFold(u.Name, name) {
			found = u
		}
	}
	resource := found.ARN
	if resource == "" {
		resource = c.arn("user", "/", name)
	}
	return step{resource, resourceTags(found.Tags), func() (any, error) {
		switch {
		case name == "":
			return nil, awserr.New(awserr.ValidationError, "Must specify userName when calling with non-User credentials")
		case found.ARN == "":
			return nil, awserr.New(awserr.NoSuchEntity, "The user with name %s cannot be found.", name)
		}
		return userResult{userShape{
			Path: found.Path, UserName: found.Name, UserID: found.ID, ARN: found.ARN, CreateDate: query.Time(found.Created),
			PermissionsBoundary: boundary(found.Boundary), Tags: tags(found.Tags),
		}}, nil
	}}
}
