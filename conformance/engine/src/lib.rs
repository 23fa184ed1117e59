//! Scripts, matchers, verdicts and reports; knows the codec and no node
