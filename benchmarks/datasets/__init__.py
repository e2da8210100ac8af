"""Image classification datasets: one small file each, a registry, few-shot sampling."""
