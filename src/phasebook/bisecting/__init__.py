"""In which build a case turned: halving over releases, then over nightlies."""
