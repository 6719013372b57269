package cloudwatch

import "github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"

func invalid(form string, args ...any) error {
	return cloudwatchapi.Service.NewError("InvalidParameterValueException", form, args...)
}

func invalidCombination(form string, args ...any) error {
	return cloudwatchapi.Service.NewError("InvalidParameterCombinationException", form, args...)
}

func missing(form string, args ...any) error {
	return cloudwatchapi.Service.NewError("MissingRequiredParameterException", form, args...)
}

func badToken() error {
	return cloudwatchapi.Service.NewError("InvalidNextToken", "The next token specified is invalid.")
}
