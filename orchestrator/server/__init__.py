"""Offers a backbone as an HTTP service, as a black box is in reality."""
