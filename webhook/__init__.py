"""richpod: ordinary pods in, rich containers out.

AdmissionReview or manifest → ``admission.pipeline.mutate(pod, namespace, context)`` → RFC 6902 operations and verdicts → the
same, printed for the API server (``admission.review``) or for people (``cli``). What then runs inside the pod is in ``inpod``.
"""

__version__ = "0.1.0"
