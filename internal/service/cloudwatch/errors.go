package cloudwatch

import (
	"fmt"
	"net/http"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
)

func invalid(form string, args ...any) error {
	return cloudwatchapi.Service.NewError("InvalidParameterValueException", form, args...)
}

func invalidCombination(form string, args ...any) error {
	return cloudwatchapi.Service.NewError("InvalidParameterCombinationException", form, args...)
}

func missing(form string, args ...any) error {
	return cloudwatchapi.Service.NewError("MissingRequiredParameterException", form, args...)
}

// validation is how most operations of CloudWatch say what is wrong with a request, in every protocol.
func validation(form string, args ...any) error {
	return &wire.Error{Code: wire.Invalid.Query, Message: fmt.Sprintf(form, args...), Status: http.StatusBadRequest}
}

func badToken() error {
	return cloudwatchapi.Service.NewError("InvalidNextToken", "The next token specified is invalid.")
}

func noAlarm(name string) error {
	return cloudwatchapi.Service.NewError("ResourceNotFound", "Unknown alarm %s.", name)
}
