"""Where people and programs meet Remit. Surfaces ask and render; they hold no rule."""
