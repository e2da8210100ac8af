"""Datasets as Parquet shards in a folder or on S3, written once and streamed by every worker."""
