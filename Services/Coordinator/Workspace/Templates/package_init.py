"""What participants of {{name}} need: `{{base_class}}` to derive from, the node's scoring, and a backtest."""
