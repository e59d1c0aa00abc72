import torch

from autograder import CheckFailure, assert_close, points, probe


@probe
def trained_and_predicted(student, x, labels, x_test):
    return student.fit_predict(x, labels, x_test)


@points(3, question="labels")
def test_labels(submission, draw):
    """Points that were not trained on are put on the right side of a line through the origin."""
    normal = draw.normal(2)
    x, x_test = draw.away_from_kinks(100, 2), draw.away_from_kinks(200, 2)
    hidden_labels = (x_test @ normal > 0).long()
    predicted = submission.run(trained_and_predicted, x, (x @ normal > 0).long(), x_test)
    assert_close(predicted, torch.zeros(200, dtype=torch.int64), atol=float("inf"))  # its form only
    accuracy = (predicted == hidden_labels).double().mean().item()
    if not accuracy >= 0.85:
        raise CheckFailure(f"accuracy {accuracy:.3f}; the bar is 0.85")
