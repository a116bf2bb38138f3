from .script import learning_module as learning_module
from .script import learning_script as learning_script
from .script import learning_style as learning_style
from .script import widget_module as widget_module
from .widget import LearningNetwork as LearningNetwork
