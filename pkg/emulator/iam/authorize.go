package iam

type policy struct{}

func (st *State) parse() (map[Document]*policy, error) { return nil, nil }

// Authorize decides whether p may perform action (for example
// "aps:QueryMetrics") on the resource with the given ARN. A refusal is
// *awserr.Error: AccessDenied, or InvalidToken where p's user or role is gone.
func (s *Store) Authorize(p Principal, action, resource string, c Conditions) error { return nil }
