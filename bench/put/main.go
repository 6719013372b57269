// Put copies its standard input into an object, in parts of 8 MiB of which four travel at once. Unlike the aws command it takes no
// second to start.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"
)

const (
	partSize = 8 << 20
	together = 4
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: put BUCKET KEY")
		os.Exit(2)
	}
	if err := put(context.Background(), os.Args[1], os.Args[2], os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "put:", err)
		os.Exit(1)
	}
}

func put(ctx context.Context, bucket, key string, from io.Reader) error {
	client := s3.New(s3.Options{
		Region: os.Getenv("AWS_REGION"), BaseEndpoint: aws.String(os.Getenv("AWS_ENDPOINT_URL")), UsePathStyle: true,
		Credentials:                credentials.NewStaticCredentialsProvider(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), ""),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
	})
	made, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return fmt.Errorf("begin the object: %w", err)
	}
	g, sending := errgroup.WithContext(ctx)
	buffers := make(chan []byte, together)
	for range together {
		buffers <- make([]byte, partSize)
	}
	var parts []types.CompletedPart
	for end := false; !end && sending.Err() == nil; {
		buf := <-buffers
		n, err := io.ReadFull(from, buf)
		if end = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF); err != nil && !end {
			return fmt.Errorf("read the input: %w", err)
		}
		if n == 0 {
			break
		}
		number, tag := int32(len(parts)+1), new(string)
		parts = append(parts, types.CompletedPart{PartNumber: &number, ETag: tag})
		g.Go(func() error {
			defer func() { buffers <- buf }()
			out, err := client.UploadPart(sending, &s3.UploadPartInput{Bucket: &bucket, Key: &key, UploadId: made.UploadId, PartNumber: &number, Body: bytes.NewReader(buf[:n])})
			if err == nil {
				*tag = *out.ETag
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("write a part: %w", err)
	}
	if _, err := client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: &bucket, Key: &key, UploadId: made.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}}); err != nil {
		return fmt.Errorf("complete the object: %w", err)
	}
	return nil
}
