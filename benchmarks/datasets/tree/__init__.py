"""What lies in folders: each is listed once, and what hasn't changed is remembered between runs."""
