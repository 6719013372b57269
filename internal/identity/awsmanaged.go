package identity

import "strings"

// An AWSPolicy is one of AWS's own managed policies, the same in every account.
type AWSPolicy struct {
	Path, Name, ID string
	Description    string
	Document       string
}

const everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// AWSManaged finds one of AWS's managed policies by its ARN, in any partition.
func AWSManaged(arn string) (AWSPolicy, bool) {
	_, name, ok := strings.Cut(arn, ":iam::aws:policy/")
	if !ok || !strings.HasPrefix(arn, "arn:aws") {
		return AWSPolicy{}, false
	}
	for _, p := range awsManaged() {
		if p.Path+p.Name == "/"+name {
			return p, true
		}
	}
	return AWSPolicy{}, false
}

func awsManaged() []AWSPolicy {
	return []AWSPolicy{
		{Path: "/", Name: "AdministratorAccess", ID: "ANPAIWMBCKSKIEE64ZLYK", Description: "Provides full access to AWS services and resources.", Document: everything},
	}
}
