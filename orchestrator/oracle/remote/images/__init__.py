"""Images in the forms that services take, store and are sent."""
